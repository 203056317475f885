"""Bubblewrap in a worker's container, as an ordinary user, with the profile that we ship."""

import json
import sys
from pathlib import Path

from providers.sandbox.docker import DockerSandbox
from tests.real_sandbox.conftest import ROOT, docker

PROFILE = f"seccomp={ROOT / 'deployments/seccomp-bubblewrap.json'}"
HARDENED = ("--user", "1000:1000", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
SOCKET = "/var/run/docker.sock"


def worker(image: str, *options: str) -> dict[str, str]:
    """Run `worker.py` in a container that has this machine's Python and the project, read-only."""
    shown = {Path("/usr"), Path(sys.base_prefix), Path(sys.prefix), ROOT}
    mounts = [word for path in sorted(shown) for word in ("--volume", f"{path}:{path}:ro")]
    if any(path.is_relative_to("/root") for path in shown):
        mounts += ["--tmpfs", "/root:uid=1000,exec"]  # the image's own is closed to ordinary users
    said = docker(
        *("run", "--rm", "--env", "WORKER_KEY=planted-secret", "--env", f"PYTHONPATH={ROOT}"),
        *(*HARDENED, *mounts, *options, "--workdir", "/", "--entrypoint", sys.executable, image),
        *("-B", str(Path(__file__).with_name("worker.py"))),
    )
    return json.loads(said)


def test_with_the_profile_an_ordinary_user_makes_boxes(image: str):
    told = worker(image, "--security-opt", PROFILE, "--security-opt", "systempaths=unconfined")
    assert told["reason"] is None
    assert told["name"] == "bubblewrap"
    assert told["output"] == "False False True True\n"
    assert told["exit_code"] == "0"


def test_without_it_nothing_runs_and_the_report_says_why(image: str):
    told = worker(image)
    assert told["name"] == "none"
    assert "namespace" in told["reason"]


def test_an_engine_outside_of_the_worker_is_refused(image: str):
    told = worker(
        image, "--volume", f"{SOCKET}:{SOCKET}", "--group-add", str(Path(SOCKET).stat().st_gid)
    )
    assert told["name"] == "none"
    assert "must not be given to a worker" in told["reason"]


async def test_on_this_machine_the_engine_may_be_used(image: str):
    assert await DockerSandbox(image).usable() is None
