"""What a repository and its packages try when they are installed, really tried, in each sandbox."""

import json
import os
import uuid
from pathlib import Path

import pytest

from core.artifacts.run_plan import Step
from core.settings import SandboxLimits
from providers.sandbox.environment import PythonEnvironments
from providers.sandbox.install_box import InstallBox, InstallFailure, WayOut, addresses_of
from providers.sandbox.installs import Installs
from providers.sandbox.sandbox import Sandbox
from providers.sandbox.steps import Toolchain
from tests.providers.sandbox.boxes import alive
from tests.providers.sandbox.package_index import PackageIndex, package_index
from tests.real_sandbox import attempts
from tests.real_sandbox.test_escapes import listening

MARK = "planted-mark"
ATTACK = f"import os, sys; os.system('touch /{MARK} /environment/{MARK} /packages/{MARK} {MARK}')"
VERSION = "[project]\nname = 'shop'\nversion = '1'\ndependencies = ['pytest']\n"
LIMITS = SandboxLimits(memory_mb=1024, processes=64, install_disk_mb=128, install_seconds=60)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository in which whatever an install could run attacks."""
    folder = tmp_path / "repository"
    folder.mkdir()
    backend = "[build-system]\nrequires = []\nbuild-backend = 'setup'\nbackend-path = ['.']\n"
    (folder / "pyproject.toml").write_text(VERSION + backend)
    for name in ("setup.py", "conftest.py", "sitecustomize.py", "pytest.py"):
        (folder / name).write_text(ATTACK)
    scripts = dict.fromkeys(("preinstall", "install", "postinstall", "prepare"), f"touch {MARK}")
    package = {"name": "shop", "version": "1.0.0", "scripts": scripts}
    (folder / "package.json").write_text(json.dumps({**package, "dependencies": {"attacker": "1"}}))
    (folder / ".npmrc").write_text("ignore-scripts=false\nregistry=http://192.0.2.1/\n")
    return folder


def serve_attackers(index: PackageIndex) -> None:
    files = {"pytest.py": "", "attack.pth": ATTACK, "sitecustomize.py": ATTACK}
    index.add_wheel("pytest", files)
    index.add_source("attacker", ATTACK)
    scripts = dict.fromkeys(("preinstall", "install", "postinstall"), f"touch {MARK}")
    index.add_npm_package("attacker", {"index.js": "", "binding.gyp": "{}"}, scripts=scripts)


async def test_nothing_of_a_repository_or_a_package_runs_at_install(
    sandbox: Sandbox, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with package_index() as index:
        serve_attackers(index)
        monkeypatch.setenv("UV_DEFAULT_INDEX", index.simple)
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("npm_config_registry", f"{index.url}/")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
        installs = Installs(repository, tmp_path / "home", sandbox, LIMITS)
        for ecosystem in ("python", "npm"):
            values = {"kind": "test", "runner": "pytest", "command": ["x"], "ecosystem": ecosystem}
            made = await installs.prepare(Step.model_validate(values))
            assert isinstance(made, Toolchain), made
        environments = PythonEnvironments(tmp_path / "other", sandbox=sandbox, limits=LIMITS)
        refused = await environments.prepare(["attacker"], seconds=60)
    assert isinstance(refused, InstallFailure), "a package of sources only is not built"
    installed = {name for _, _, names in os.walk(tmp_path) for name in names}
    assert {"attack.pth", "binding.gyp"} <= installed
    assert MARK not in installed


async def forced(
    sandbox: Sandbox, folder: Path, code: str, index: PackageIndex, **bounds: float
) -> str:
    """Have an installer run a `setup.py` after all; what it says."""
    source = folder / "source"
    source.mkdir(exist_ok=True)
    (source / "setup.py").write_text(f"{attempts.PRELUDE}{code}\nsys.exit(1)\n")
    target = folder / "target"
    target.mkdir(exist_ok=True)
    limits = SandboxLimits(seconds=20, memory_mb=256, processes=64, file_mb=16, disk_mb=32)
    box = InstallBox(sandbox, limits.model_copy(update=bounds), {})
    said = await box.install(
        ((await sandbox.interpreter()).program, "/source/setup.py"),
        environment={},
        offline={},
        read_only={"/source": source},
        writable={"/environment": target},
        way_out=WayOut(addresses_of([index.url])),
    )
    assert said is not None
    return said


def held(said: str) -> list[str]:
    lines = [line for line in said.splitlines() if not line.startswith("It may not reach")]
    assert [line for line in lines if " held " not in line] == []
    return lines


async def test_code_at_install_cannot_read_or_see_what_is_ours(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    planted = tmp_path / "secret.txt"
    planted.write_text("planted-secret")
    monkeypatch.setenv("PLANTED_KEY", "planted-secret")
    with package_index() as index:
        said = await forced(sandbox, tmp_path, attempts.reading([str(planted), __file__]), index)
        assert len(held(said)) >= 10
        assert "planted-secret" not in said
        assert await forced(sandbox, tmp_path, attempts.ENVIRONMENTS, index) == "clean True"


THROUGH_THE_PROXY = """
import urllib.request
def ask(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.status
def tunnel(target):
    with socket.create_connection(('127.0.0.1', 3128), 5) as proxy:
        proxy.sendall(b'CONNECT ' + target.encode() + b' HTTP/1.1\\r\\n\\r\\n')
        said = proxy.recv(100)
        if b' 200 ' not in said: raise OSError(said)
        return said
"""


async def test_code_at_install_reaches_the_index_and_nothing_else(sandbox: Sandbox, tmp_path: Path):
    async with listening() as machine:
        with package_index() as index:
            index.add_wheel("greeter", {})
            target = f"127.0.0.1:{machine.port}"
            others = [target, f"localhost:{machine.port}", "192.0.2.1:80", "169.254.169.254:80"]
            code = attempts.reaching(machine.port, machine.abstract, ["127.0.0.1", "172.17.0.1"])
            code += THROUGH_THE_PROXY + "".join(
                f"attempt('ask {other}', lambda: ask('http://{other}/'))\n"
                f"attempt('tunnel {other}', lambda: tunnel('{other}'))\n"
                for other in others
            )
            said = await forced(sandbox, tmp_path, code, index)
            assert len(held(said)) >= 15
            assert f"It may not reach {target}." in said
            assert index.asked == []
            works = THROUGH_THE_PROXY + f"print(ask('{index.simple}/greeter/'))"
            assert (await forced(sandbox, tmp_path, works, index)).startswith("200")
    assert machine.connections == 0


@pytest.mark.parametrize("attempt", ["output", "memory", "disk", "clock"])
async def test_code_at_install_is_bounded(sandbox: Sandbox, tmp_path: Path, attempt: str):
    code = {
        "output": attempts.ENDLESS_OUTPUT,
        "memory": attempts.FOUR_GIGABYTES,
        "disk": "while True:\n"
        "    write(f'/environment/{time.monotonic()}', bytes(4 << 20)); time.sleep(0.02)",
        "clock": "time.sleep(600)",
    }[attempt]
    with package_index() as index:
        said = await forced(sandbox, tmp_path, code, index, seconds=5)
    expected = {
        "output": "the installer printed without end",
        "memory": " held ",
        "disk": "the install took more than 32 MiB of disk space",
        "clock": "the install did not end in time",
    }[attempt]
    assert expected in said or (attempt == "memory" and "MiB of memory" in said)


async def test_a_fork_bomb_at_install_is_bounded_and_leaves_nothing(
    sandbox: Sandbox, tmp_path: Path
):
    with package_index() as index:
        said = await forced(
            sandbox, tmp_path, attempts.COUNTED_FORKS, index, seconds=10, memory_mb=2048
        )
        word, made = said.split()[:2]
        assert word == "held"
        assert 10 < int(made) < 64
        said = await forced(sandbox, tmp_path, attempts.FORK_BOMB, index, seconds=4, memory_mb=2048)
    assert "the install did not end in time" in said
    assert not alive("/source/setup.py")


async def test_a_large_file_at_install_is_refused(sandbox: Sandbox, tmp_path: Path):
    with package_index() as index:
        said = await forced(sandbox, tmp_path, attempts.LARGE_FILE_AT_INSTALL, index)
    assert len(held(said)) == 4
    assert sum(path.stat().st_size for path in (tmp_path / "target").iterdir()) <= 32 << 20


async def test_what_code_at_install_leaves_behind_dies(sandbox: Sandbox, tmp_path: Path):
    mark = f"orphan-{uuid.uuid4().hex}"
    with package_index() as index:
        said = await forced(sandbox, tmp_path, attempts.outliving(mark), index)
    assert said.startswith("parent ends")
    assert not alive(mark)
