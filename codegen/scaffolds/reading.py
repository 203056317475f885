"""Derives from a spec and a structure what templates need to know."""

import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import PurePosixPath

from codegen.scaffolds import entry_points
from codegen.scaffolds.facts import (
    Assembly,
    Command,
    NodeProject,
    PythonProject,
    ScaffoldFacts,
)
from codegen.scaffolds.manifest_parts import free_name, node_dependencies, test_command
from core.artifacts.questionnaire import Stack
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import Dependency, Export, FileContract, FileStructure

WEB = "web/"
"""Folder of a front end that is built; see the prompts' description of the stack."""
_TYPESCRIPT = (".ts", ".tsx", ".mts")
_SERVERS = ("server", "index", "main", "app")


def read_facts(spec: CleanSpec, structure: FileStructure) -> ScaffoldFacts:
    """What the templates of a structure need to know.

    Files that a template writes are left out: they follow from the others.
    """
    files = [file for file in structure.files if not file.template]
    packs = pack_names(spec.stack, files, structure.dependencies)
    python = {"fastapi", "flask", "python-library"} & set(packs)
    npm = [item for item in structure.dependencies if item.ecosystem == "npm"]
    own = {"express", "node-library"} & set(packs)
    web = {"react-vite", "sveltekit"} & set(packs)
    tests = {test.path for test in structure.tests}
    backend = spec.stack.backend
    assembly = Assembly()
    if python:
        assembly = entry_points.python_assembly(files, backend)
    elif own:
        assembly = entry_points.script_assembly(files)
    return ScaffoldFacts(
        name=spec.project_name,
        summary=spec.summary,
        stack=spec.stack,
        packs=packs,
        assembly=assembly,
        python=_python(spec.slug, packs, files, structure.dependencies) if python else None,
        node=_node(spec.slug, packs, files, node_dependencies(npm, files, "", bool(web)), tests)
        if own
        else None,
        web=_web(spec.slug, packs, files, node_dependencies(npm, files, WEB, bool(own)), tests)
        if web
        else None,
    )


def pack_names(
    stack: Stack, files: Iterable[FileContract], dependencies: Iterable[Dependency]
) -> tuple[str, ...]:
    """Packs that serve a stack.

    A library is in JavaScript where its files are, or where only npm has what it needs and no file
    says otherwise. A product in Go has no pack.
    """
    packs: list[str] = []
    if stack.backend != "none":
        packs.append(stack.backend)
    if stack.frontend == "react":
        packs.append("react-vite")
    elif stack.frontend == "sveltekit":
        packs.append("sveltekit")
    if not packs:
        packs += _library_pack(files, dependencies)
    return tuple(packs)


def _library_pack(
    files: Iterable[FileContract], dependencies: Iterable[Dependency]
) -> tuple[str, ...]:
    endings = {PurePosixPath(file.path).suffix for file in files}
    ecosystems = {item.ecosystem for item in dependencies}
    scripts = bool(endings & {".js", ".mjs", *_TYPESCRIPT})
    python = ".py" in endings
    if not scripts and not python:
        scripts, python = ecosystems == {"npm"}, "python" in ecosystems
        if ".go" in endings or ecosystems == {"go"}:
            return ()
    return ("node-library",) if scripts and not python else ("python-library",)


def _python(
    slug: str,
    packs: Sequence[str],
    files: Sequence[FileContract],
    dependencies: Iterable[Dependency],
) -> PythonProject:
    own = tuple(item for item in dependencies if item.ecosystem == "python")
    paths = {file.path for file in files}
    found = entry_points.python_application(files) if "python-library" not in packs else None
    if found is None and "python-library" not in packs:
        found = _DEFAULT_APPLICATION
    path, export = found or ("", Export(name="app"))
    return PythonProject(
        name=free_name(slug, [item.name for item in own], "python"),
        packages=_packages([*paths, *([_marker(path)] if "/" in path else [])]),
        modules=tuple(sorted(filter(_is_root_module, paths))),
        application=path,
        application_name=export.name if found else "",
        factory=export.kind == "function",
        commands=_python_commands(slug, files) if "python-library" in packs else (),
        readme="README.md" in paths,
        tests=any(path.startswith("tests/") for path in paths),
        dependencies=own,
    )


_DEFAULT_APPLICATION = ("app/main.py", Export(name="app", kind="constant"))


def _marker(path: str) -> str:
    """What marks the folder of an application as a package that is installed."""
    parts = path.split("/")
    return "/".join((*parts[: 2 if parts[0] == "src" else 1], "__init__.py"))


def _is_root_module(path: str) -> bool:
    """Whether a file at the root is a module of the product."""
    stem, _, ending = path.rpartition(".")
    return ending == "py" and stem.isidentifier() and not entry_points.is_test(path)


def _packages(paths: Iterable[str]) -> tuple[str, ...]:
    """Outermost folders with an `__init__.py`, those of tests and tools left out."""
    found: set[str] = set()
    for path in paths:
        folder, _, name = path.rpartition("/")
        parts = folder.split("/")
        if name == "__init__.py" and folder and parts[0] not in {"tests", "test", "docs"}:
            size = 2 if parts[0] == "src" else 1
            if len(parts) >= size and all(part.isidentifier() for part in parts[:size]):
                found.add("/".join(parts[:size]))
    return tuple(sorted(found - {"src"}))


def _python_commands(slug: str, files: Iterable[FileContract]) -> tuple[Command, ...]:
    """A command for the function `main` of a package's `cli.py`, or else of its `main.py`."""
    for stem in ("cli", "main"):
        for file in sorted(files, key=lambda file: file.path):
            parts = file.path.split("/")
            if file.path.endswith(f"/{stem}.py") and not entry_points.is_test(file.path):
                names = [item for item in file.exports if item.name == "main"]
                if names and all(part.isidentifier() for part in parts[:-1]):
                    return (Command(name=slug, path=file.path, symbol="main"),)
    return ()


def _node(
    slug: str,
    packs: Sequence[str],
    files: Sequence[FileContract],
    dependencies: tuple[Dependency, ...],
    tests: Collection[str],
) -> NodeProject:
    paths = [file.path for file in files if not file.path.startswith(WEB)]
    typescript = _is_typescript(paths, dependencies)
    ending = "ts" if typescript else "js"
    found = entry_points.script_application(files, "src/")
    server = "express" in packs
    start = _first(paths, _SERVERS[:3]) or f"src/server.{ending}"
    if found is None and server:
        found = (f"src/app.{ending}", Export(name="app", kind="constant"))
    path, export = found if found and server else ("", Export(name="app"))
    command = _first(paths, ("cli", "bin"))
    library = _first(paths, ("index", "main", "lib")) if not server else ""
    return NodeProject(
        name=free_name(slug, [item.name for item in dependencies], "npm"),
        typescript=typescript,
        start=start if server else "",
        application=path,
        application_name=export.name if path else "",
        factory=export.kind == "function",
        library=library,
        commands=(Command(name=slug, path=command, symbol=""),) if command and not server else (),
        test=test_command(dependencies, paths, [path for path in paths if path in tests]),
        dependencies=dependencies,
    )


def _web(
    slug: str,
    packs: Sequence[str],
    files: Sequence[FileContract],
    dependencies: tuple[Dependency, ...],
    tests: Collection[str],
) -> NodeProject:
    paths = [file.path.removeprefix(WEB) for file in files if file.path.startswith(WEB)]
    typescript = _is_typescript(paths, dependencies)
    root = next((path for path in sorted(paths) if re.fullmatch(r"src/App\.[jt]sx?", path)), "")
    main = next((path for path in sorted(paths) if re.fullmatch(r"src/main\.[jt]sx?", path)), "")
    ending = "tsx" if typescript else "jsx"
    return NodeProject(
        name=free_name(f"{slug}-web", [item.name for item in dependencies], "npm"),
        folder=WEB,
        typescript=typescript,
        start=main or (f"src/main.{ending}" if "react-vite" in packs else ""),
        application=root or (f"src/App.{ending}" if "react-vite" in packs else ""),
        application_name=_component(files, WEB + root) if root else "default",
        stylesheet="src/index.css" if "src/index.css" in paths else "",
        test=test_command(dependencies, paths, [path for path in paths if f"{WEB}{path}" in tests]),
        dependencies=dependencies,
    )


def _component(files: Iterable[FileContract], path: str) -> str:
    """`App` where the file offers it by that name, else its default export."""
    names = {item.name for file in files if file.path == path for item in file.exports}
    return "App" if "App" in names and "default" not in names else "default"


def _is_typescript(paths: Iterable[str], dependencies: Iterable[Dependency]) -> bool:
    return any(item.name == "typescript" for item in dependencies) or any(
        path.endswith(_TYPESCRIPT) and not path.endswith(".d.ts") for path in paths
    )


def _first(paths: Iterable[str], stems: Iterable[str]) -> str:
    """The first file in `src/`, or at the root, that is called so."""
    known = set(paths)
    for folder in ("src/", "bin/", ""):
        for stem in stems:
            for ending in ("js", "ts", "mjs", "mts"):
                if f"{folder}{stem}.{ending}" in known:
                    return f"{folder}{stem}.{ending}"
    return ""
