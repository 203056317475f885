"""What manifests are made of: names, dependencies of each folder, the command of the tests."""

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
_RUNNERS = {"vitest": "vitest run", "jest": "jest", "mocha": "mocha --recursive"}

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


def test_command(dependencies: Collection[Dependency], paths: Iterable[str]) -> str:
    """How the tests of a folder are run: by a declared runner, else by the one built into Node."""
    for item in dependencies:
        if item.name in _RUNNERS:
            return _RUNNERS[item.name]
    tested = any(path.startswith(("test/", "tests/")) or ".test." in path for path in paths)
    return "node --test" if tested else ""
