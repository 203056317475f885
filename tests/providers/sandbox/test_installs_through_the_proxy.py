"""Installs that really reach an index, through the proxy, from boxes without a network."""

import json
import os
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import InputError
from core.settings import SandboxLimits
from providers.sandbox.bubblewrap import BubblewrapSandbox
from providers.sandbox.environment import PythonEnvironment, PythonEnvironments
from providers.sandbox.install_box import InstallFailure
from providers.sandbox.node_environment import NodeEnvironment, NodeEnvironments
from tests.providers.sandbox.package_index import PackageIndex, package_index


@pytest.fixture
def index() -> Iterator[PackageIndex]:
    with package_index() as served:
        yield served


@pytest.fixture
def variables(index: PackageIndex, tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PIP_CONFIG_FILE": os.devnull,
        "UV_DEFAULT_INDEX": index.simple,
        "UV_HTTP_RETRIES": "0",
        "npm_config_registry": f"{index.url}/",
    }


@pytest.fixture
def python(
    tmp_path: Path, sandbox: BubblewrapSandbox, variables: dict[str, str]
) -> PythonEnvironments:
    return PythonEnvironments(tmp_path / "cache", sandbox=sandbox, variables=variables)


@pytest.fixture
def node(tmp_path: Path, sandbox: BubblewrapSandbox, variables: dict[str, str]) -> NodeEnvironments:
    return NodeEnvironments(tmp_path / "cache", sandbox=sandbox, variables=variables)


def project(folder: Path, **manifest: object) -> Path:
    made = folder / "project"
    made.mkdir(exist_ok=True)
    (made / "package.json").write_text(json.dumps(manifest))
    return made


async def test_a_python_package_comes_from_the_index(
    python: PythonEnvironments, index: PackageIndex
):
    index.add_wheel("greeter", {"greeter.py": "GREETING = 'hello'\n"})
    made = await python.prepare(["greeter"], seconds=60)
    assert isinstance(made, PythonEnvironment), made
    assert list(made.folder.glob("lib/python*/site-packages/greeter.py"))
    assert "/files/greeter-1.0-py3-none-any.whl" in index.asked


async def test_a_registry_of_a_file_that_only_its_owner_may_read_is_used(
    tmp_path: Path, sandbox: BubblewrapSandbox, variables: dict[str, str], index: PackageIndex
):
    index.add_npm_package("greeter", {"index.js": ""})
    index.password = "me:secret"
    entry = b64encode(index.password.encode()).decode()
    host = index.url.removeprefix("http:")
    (tmp_path / ".npmrc").write_text(f"registry={index.url}/\n{host}/:_auth={entry}\n")
    (tmp_path / ".npmrc").chmod(0o600)
    del variables["npm_config_registry"]
    node = NodeEnvironments(tmp_path / "cache", sandbox=sandbox, variables=variables)
    made = await node.prepare(project(tmp_path, dependencies={"greeter": "1"}), seconds=60)
    assert isinstance(made, NodeEnvironment), made
    assert (tmp_path / ".npmrc").stat().st_mode & 0o777 == 0o600


async def test_an_index_of_uvs_own_file_is_used_with_the_password_of_a_netrc(
    tmp_path: Path,
    sandbox: BubblewrapSandbox,
    variables: dict[str, str],
    index: PackageIndex,
):
    index.add_wheel("greeter", {"greeter.py": ""})
    index.password = "me:secret"
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    (tmp_path / ".config/uv").mkdir(parents=True)
    (tmp_path / ".config/uv/uv.toml").write_text(
        f"[[index]]\nurl = '{index.simple}'\ndefault = true\n"
    )
    del variables["UV_DEFAULT_INDEX"]
    python = PythonEnvironments(tmp_path / "cache", sandbox=sandbox, variables=variables)
    made = await python.prepare(["greeter"], seconds=60)
    assert isinstance(made, PythonEnvironment), made


async def test_files_at_another_address_of_the_index_are_reached(
    python: PythonEnvironments, index: PackageIndex
):
    with package_index() as files:
        files.add_wheel("greeter", {"greeter.py": ""})
        index.add_wheel("greeter", {"greeter.py": ""}, at=files.url)
        made = await python.prepare(["greeter"], seconds=60)
        assert isinstance(made, PythonEnvironment), made
        assert set(files.asked) == {"/files/greeter-1.0-py3-none-any.whl"}


async def test_what_a_package_leads_to_elsewhere_is_not_reached(
    python: PythonEnvironments, index: PackageIndex
):
    with package_index() as elsewhere:
        elsewhere.add_wheel("hidden", {"hidden.py": ""})
        index.add_wheel("greeter", {"greeter.py": ""}, requires="hidden")
        index.add_wheel("hidden", {"hidden.py": ""}, at=elsewhere.url)
        made = await python.prepare(["greeter"], seconds=60)
        assert isinstance(made, InstallFailure)
        host = elsewhere.url.removeprefix("http://")
        assert f"It may not reach {host}." in made.reason
        assert elsewhere.asked == []


async def test_a_further_address_is_reached_when_the_operator_says_so(
    sandbox: BubblewrapSandbox, index: PackageIndex, variables: dict[str, str], tmp_path: Path
):
    with package_index() as elsewhere:
        elsewhere.add_wheel("hidden", {"hidden.py": ""})
        index.add_wheel("greeter", {"greeter.py": ""}, requires="hidden")
        index.add_wheel("hidden", {"hidden.py": ""}, at=elsewhere.url)
        limits = SandboxLimits(install_hosts=(elsewhere.url,))
        python = PythonEnvironments(
            tmp_path / "cache", sandbox=sandbox, limits=limits, variables=variables
        )
        made = await python.prepare(["greeter"], seconds=60)
        assert isinstance(made, PythonEnvironment), made


async def test_a_setup_file_is_not_run(
    python: PythonEnvironments, index: PackageIndex, tmp_path: Path
):
    index.add_source("builder", f"open({str(tmp_path / 'built')!r}, 'w')")
    made = await python.prepare(["builder"], seconds=60)
    assert isinstance(made, InstallFailure)
    assert "builder" in made.reason
    assert not (tmp_path / "built").exists()
    assert not any("tar.gz" in path for path in index.asked)


async def test_an_npm_package_is_installed_without_its_scripts_and_used_in_a_box(
    node: NodeEnvironments, sandbox: BubblewrapSandbox, index: PackageIndex, tmp_path: Path
):
    index.add_npm_package(
        "greeter",
        {"index.js": "module.exports = 'hello from ' + require('./deep')", "deep.js": ""},
        scripts={"postinstall": "touch /packages/ran; touch ran", "install": "touch ran"},
        bin={"greet": "index.js"},
    )
    folder = project(tmp_path, dependencies={"greeter": "^1"}, scripts={"install": "touch ran"})
    (folder / "main.js").write_text("console.log(require('greeter').slice(0, 5))")
    made = await node.prepare(folder, seconds=60)
    assert isinstance(made, NodeEnvironment), made
    assert not list(made.folder.rglob("ran"))
    assert not (folder / "node_modules").exists()
    run = await sandbox.run(
        (*made.entering, "sh", "-c", "node main.js && ls node_modules/.bin && npm --version"),
        folder=folder,
        environment={"PATH": ":".join((*made.programs, "/usr/bin", "/bin")), "HOME": "/tmp"},
        limits=SandboxLimits(),
        read_only=made.mounts,
    )
    assert run.output.splitlines()[:2] == ["hello", "greet"]
    assert run.exit_code == 0
    assert await node.prepare(folder, seconds=0.5) == made


async def test_a_lock_file_decides(node: NodeEnvironments, index: PackageIndex, tmp_path: Path):
    index.add_npm_package("greeter", {"index.js": ""})
    folder = project(tmp_path, dependencies={"greeter": "^1"})
    (folder / "package-lock.json").write_text(json.dumps({"lockfileVersion": 3, "packages": {}}))
    made = await node.prepare(folder, seconds=60)
    assert isinstance(made, InstallFailure)
    assert "npm ci" in made.reason


async def test_a_package_that_is_not_there_is_told_in_npms_words(
    node: NodeEnvironments, tmp_path: Path
):
    made = await node.prepare(project(tmp_path, dependencies={"no-such-thing": "1"}), seconds=60)
    assert isinstance(made, InstallFailure)
    assert "no-such-thing" in made.reason


async def test_a_project_without_dependencies_needs_no_registry(
    node: NodeEnvironments, index: PackageIndex, tmp_path: Path
):
    made = await node.prepare(project(tmp_path, scripts={"test": "node --test"}), seconds=60)
    assert isinstance(made, NodeEnvironment)
    assert index.asked == []


@pytest.mark.parametrize(
    "version",
    [
        "git+https://x.example/a",
        "https://x.example/a.tgz",
        "user/repo",
        "file:../x",
        "./x",
        "~/x",
        "workspace:*",
        "link:x",
        "github:user/repo",
    ],
)
async def test_addresses_and_paths_are_refused(
    node: NodeEnvironments, tmp_path: Path, version: str
):
    with pytest.raises(InputError, match="no addresses and no paths"):
        await node.prepare(project(tmp_path, devDependencies={"a": version}), seconds=60)
