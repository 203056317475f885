"""What manifests are made of: names, dependencies of each folder, the command of the tests."""

import re
import shlex
from collections.abc import Collection, Iterable, Sequence

from codegen.scaffolds.names import bare_name
from core.artifacts.packages import Ecosystem
from core.artifacts.structure import Dependency, FileContract

_FRONT_END = {
    *("@sveltejs/adapter-auto", "@sveltejs/adapter-node", "@sveltejs/adapter-static"),
    *("@sveltejs/kit", "@sveltejs/vite-plugin-svelte", "@types/react", "@types/react-dom"),
    *("@vitejs/plugin-react", "eslint-plugin-react-hooks", "eslint-plugin-svelte", "react"),
    *("react-dom", "svelte", "svelte-check", "vite"),
}
_EVERYWHERE = {"@eslint/js", "eslint", "globals", "typescript", "typescript-eslint"}
_RUNNERS = {
    "vitest": "vitest run",
    # Without the switch, Jest loads no file of a package whose `type` is `module`.
    "jest": "node --experimental-vm-modules node_modules/jest/bin/jest.js",
    "mocha": "mocha --recursive",
}
_NODE = "node --test"
_SCRIPT = re.compile(r"\.[cm]?[jt]s$")
_FINDS = {
    _NODE: re.compile(r"(?:^|/)(?:test/.+|test|test-[^/]*|[^/]+[._-]test)\.[cm]?[jt]s$"),
    _RUNNERS["mocha"]: re.compile(r"^test/.+\.[cm]?js$"),
}
"""Files that a command finds by itself; it also runs those that it is given."""

_INDIRECT = {
    "python": {
        *("annotated-doc", "annotated-types", "anyio", "blinker", "certifi", "click", "greenlet"),
        *("h11", "hatchling", "httpcore", "httpcore2", "httpx", "httpx2", "idna", "iniconfig"),
        *("itsdangerous", "jinja2", "markupsafe", "opentelemetry-api", "packaging", "pathspec"),
        *("pluggy", "pydantic", "pydantic-core", "pygments", "sniffio", "starlette"),
        *("trove-classifiers", "truststore", "typing-extensions", "typing-inspection", "werkzeug"),
    },
    "npm": set[str](),
    "go": set[str](),
}
"""Packages that the packs' own dependencies bring along or are built with."""


def free_name(slug: str, dependencies: Iterable[str], ecosystem: Ecosystem) -> str:
    """Name of the generated package; one that needed itself could not be installed.

    Args:
        slug: what it would be called.
        dependencies: canonical names.
        ecosystem: theirs.
    """
    taken = {bare_name(name, ecosystem) for name in dependencies}
    return f"{slug}-app" if slug in taken | _INDIRECT[ecosystem] else slug


def node_dependencies(
    declared: Iterable[Dependency], files: Sequence[FileContract], folder: str, shared: bool
) -> tuple[Dependency, ...]:
    """The packages of one `package.json`, where the front end may have one of its own.

    A package belongs where files import it; one that no file names belongs to the front end if it
    is made for that, to both if it is a tool of both, else to the root.

    Args:
        declared: npm packages of the whole structure.
        files: every file.
        folder: that of the manifest; empty for the root.
        shared: whether there is another manifest.
    """
    if not shared:
        return tuple(declared)
    in_web = _imported(file for file in files if file.path.startswith("web/"))
    in_root = _imported(file for file in files if not file.path.startswith("web/"))

    def belongs(name: str) -> bool:
        if name in _EVERYWHERE:
            return True
        if name in in_web | in_root:
            return name in (in_web if folder else in_root)
        return (name in _FRONT_END) == bool(folder)

    return tuple(item for item in declared if belongs(item.name))


def _imported(files: Iterable[FileContract]) -> set[str]:
    return {name for file in files for name in file.packages}


def test_command(
    dependencies: Collection[Dependency], paths: Sequence[str], planned: Collection[str]
) -> str:
    """How the tests of a folder are run: by a declared runner, else by the one built into Node.

    Args:
        dependencies: packages of the folder.
        paths: its files, relative to it.
        planned: those of them that hold planned tests.

    Returns:
        The command, which names the tests' files where it would not find all of the planned ones;
        nothing if there are no tests.
    """
    for item in dependencies:
        if item.name in _RUNNERS:
            return _with_files(_RUNNERS[item.name], paths, planned)
    tested = any(path.startswith(("test/", "tests/")) or ".test." in path for path in paths)
    return _with_files(_NODE, paths, planned) if tested or planned else ""


def _with_files(command: str, paths: Sequence[str], planned: Collection[str]) -> str:
    """The command, with the tests' files if it does not find those with planned tests."""
    finds = _FINDS.get(command)
    wanted = [path for path in planned if _SCRIPT.search(path)]
    if finds is None or all(map(finds.search, wanted)):
        return command
    files = {*wanted, *filter(finds.search, paths)}
    return f"{command} {shlex.join(sorted(files))}"
