"""Steps of a run plan, in real boxes."""

import json
import os
import sys
from pathlib import Path
from typing import Any, Protocol

import pytest

from core.artifacts.run_plan import TOOL_FOLDER, BootCheck, Step, Tool
from core.errors import InputError, SandboxError
from core.settings import SandboxLimits
from providers.sandbox import steps
from providers.sandbox.bubblewrap import BubblewrapSandbox
from providers.sandbox.environment import INSIDE, PythonEnvironment
from providers.sandbox.sandbox import RESULT_PATH, Interpreter, SandboxRun
from providers.sandbox.steps import Toolchain, run_step

PYTHON = os.path.realpath(sys.executable)
SERVER = """
import http.server, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print("asked for", self.path, flush=True)
        self.send_response({"/health": 200}.get(self.path, 404))
        self.end_headers()

port = int(os.environ["PORT"]) + int(sys.argv[1])
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


class RunStep(Protocol):
    async def __call__(
        self, *command: str, seconds: float | None = None, **step: Any
    ) -> SandboxRun: ...


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    (folder / "api/src").mkdir(parents=True)
    (folder / "api/server.py").write_text(SERVER)
    return folder


@pytest.fixture
async def run(sandbox: BubblewrapSandbox, tree: Path) -> RunStep:
    mounts = (await sandbox.interpreter()).mounts

    async def run(*command: str, seconds: float | None = None, **step: Any) -> SandboxRun:
        values = {"kind": "test", "runner": "pytest", "ecosystem": "python", "command": command}
        return await run_step(
            Step.model_validate({**values, "seconds": seconds, **step}),
            tree,
            sandbox=sandbox,
            toolchain=Toolchain(mounts=mounts, programs=("/own/bin",), variables={"OWN": "yes"}),
            limits=SandboxLimits(seconds=30),
        )

    return run


SHOW = "import json, os, sys; json.dump([os.getcwd(), dict(os.environ)], open(sys.argv[1], 'w'))"


async def shown(run: RunStep, **step: Any) -> tuple[str, dict[str, str]]:
    done = await run(PYTHON, "-c", SHOW, RESULT_PATH, **step)
    assert done.exit_code == 0, done.output
    folder, variables = json.loads(done.result)
    return folder, variables


async def test_a_step_runs_in_its_folder_with_the_variables_of_its_ecosystem(run: RunStep):
    folder, variables = await shown(run, folder="api")
    assert folder == "/work/api"
    assert variables["PYTHONPATH"] == "/work/api/src"
    assert variables["PATH"].split(":")[0] == "/own/bin"
    assert (variables["OWN"], variables["CI"]) == ("yes", "1")
    assert "PORT" not in variables
    folder, variables = await shown(run)
    assert (folder, "PYTHONPATH" in variables) == ("/work", False)


async def test_programs_of_a_node_project_are_found(run: RunStep):
    _, variables = await shown(run, ecosystem="npm", folder="api")
    assert variables["PATH"].startswith("/work/api/node_modules/.bin:/own/bin:")
    _, variables = await shown(run, ecosystem="go")
    assert variables["GOPROXY"] == "off"


async def test_the_exit_code_and_the_output_are_those_of_the_command(run: RunStep):
    done = await run("sh", "-c", "echo said; exit 3")
    assert (done.exit_code, done.output, done.ended_by) == (3, "said\n", "exit")


async def test_the_own_time_of_a_step_holds_where_it_is_shorter(run: RunStep):
    done = await run("sleep", "60", seconds=0.5)
    assert done.ended_by == "timeout"
    assert done.seconds < 20


def boot(port: int = 8000) -> dict[str, Any]:
    return {
        "kind": "boot",
        "runner": "boot check",
        "folder": "api",
        "report": "boot-json",
        "report_path": RESULT_PATH,
        "boot": BootCheck(port=port),
    }


@pytest.mark.parametrize("offset", [0, 1])
async def test_an_application_that_starts_is_asked_wherever_it_listens(run: RunStep, offset: int):
    done = await run(PYTHON, "-u", "server.py", str(offset), seconds=20, **boot())
    answer = json.loads(done.result)
    assert (answer["status"], answer["path"], answer["port"]) == (200, "/health", 8000 + offset)
    assert (done.exit_code, done.ended_by) == (0, "exit")
    assert "asked for /health" in done.output
    assert done.seconds < 15


async def test_an_application_that_breaks_is_told_with_what_it_printed(run: RunStep):
    done = await run(PYTHON, "-c", "raise SystemExit('no database')", seconds=20, **boot())
    assert json.loads(done.result)["exit_code"] == 1
    assert (done.exit_code, done.output.strip()) == (1, "no database")


async def test_an_application_that_never_listens_is_told_before_the_box_is_killed(run: RunStep):
    done = await run("sleep", "60", seconds=1, **boot())
    assert (done.ended_by, done.exit_code) == ("exit", 1)
    assert json.loads(done.result)["exit_code"] is None


@pytest.mark.parametrize("folder", ["/etc", "..", "api/../.."])
async def test_a_folder_outside_of_the_tree_is_refused(run: RunStep, folder: str):
    with pytest.raises(InputError, match="is not one below the repository's root"):
        await run("true", folder=folder)


def test_the_toolchain_of_python_is_its_environment(tmp_path: Path):
    toolchain = Toolchain.of_python(PythonEnvironment(tmp_path, Interpreter("/python", "3")))
    assert toolchain.mounts[INSIDE] == tmp_path
    assert toolchain.programs == (f"{INSIDE}/bin",)


async def test_tools_of_ours_are_there_for_the_steps_that_use_them(run: RunStep):
    probe = f"{TOOL_FOLDER}/{Tool.LOAD_PROBE}"
    ruff = await run(f"{TOOL_FOLDER}/{Tool.RUFF}", "version", tools=(Tool.RUFF,))
    assert (ruff.exit_code, ruff.output.split()[0]) == (0, "ruff")
    loaded = await run(
        *(PYTHON, "-I", probe, RESULT_PATH, "5", "", ".", "server:server.py"),
        folder="api",
        tools=(Tool.LOAD_PROBE,),
    )
    assert json.loads(loaded.result)["modules"] == 1
    assert (await run("ls", TOOL_FOLDER)).exit_code != 0


async def test_a_tool_that_is_not_installed_is_our_failure(
    run: RunStep, monkeypatch: pytest.MonkeyPatch
):
    def nowhere() -> str:
        raise FileNotFoundError("no ruff")

    monkeypatch.setattr(steps, "find_ruff_bin", nowhere)
    with pytest.raises(SandboxError, match="ruff is not installed beside us: no ruff"):
        await run("true", tools=(Tool.RUFF,))
