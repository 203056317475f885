"""Finds out from contracts what an entry point has to put together, and whether there is one."""

import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from codegen.scaffolds.facts import Assembly, Offer
from core.artifacts.structure import Export, FileContract

_APPLICATIONS = ("app", "application", "create_app", "createApp", "make_app", "build_app")
_STARTERS = {"create_tables", "createTables", "init_db", "initDb", "init_database", "initDatabase"}
"""Functions that are called when the application starts; the plan tells models their names."""
_SCRIPTS = (".js", ".mjs", ".ts", ".mts")
_SAFE = re.compile(r"[A-Za-z0-9_./-]+")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_test(path: str) -> bool:
    """Whether a file belongs to the tests, so that no application imports it."""
    name = PurePosixPath(path).name
    return path.startswith(("tests/", "test/", "web/tests/")) or bool(
        re.match(r"(test_.*|.*_test|conftest|.*\.(test|spec))\.[a-z]+$", name)
    )


def python_application(files: Sequence[FileContract]) -> tuple[str, Export] | None:
    """The file and export that a Python server runs, where a file offers one."""
    return _application(_python(files))


def script_application(files: Sequence[FileContract], folder: str) -> tuple[str, Export] | None:
    """The file and export that a Node server runs, where a file below a folder offers one."""
    return _application(_scripts(files, folder))


def _application(files: Iterable[FileContract]) -> tuple[str, Export] | None:
    offers = [
        (_APPLICATIONS.index(item.name), file.path, item)
        for file in files
        for item in file.exports
        if item.name in _APPLICATIONS
    ]
    if not offers:
        return None
    _, path, export = min(offers, key=lambda offer: offer[:2])
    return path, export


def python_assembly(files: Sequence[FileContract], backend: str) -> Assembly:
    """What `app/main.py` puts together."""
    wanted = _is_blueprint if backend == "flask" else _is_router
    names = _Names({"app", "health", "front_page", "lifespan", "create_app", "Path"})
    return Assembly(
        routers=_offers(_outermost(_python(files), wanted), wanted, names, r"\.py$"),
        starters=_offers(_python(files), _is_starter, names, r"\.py$"),
        static=_served("app/static", files),
        front_page=_has("app/static/index.html", files),
    )


def script_assembly(files: Sequence[FileContract]) -> Assembly:
    """What `src/app.js` puts together."""
    names = _Names({"app", "express", "cors", "helmet", "answerError"}, camel=True)
    scripts = list(_scripts(files, "src/"))
    outermost = _outermost(scripts, _is_script_router)
    routers = _offers(outermost, _is_script_router, names, r"\.[mc]?[jt]s$")
    auth = [item for item in routers if PurePosixPath(item.path).stem in {"auth", "authRoutes"}]
    return Assembly(
        routers=tuple(item for item in routers if item not in auth[:1]),
        auth=auth[0] if auth else None,
        starters=_offers(scripts, _is_starter, names, r"\.[mc]?[jt]s$"),
        static=_served("public", files),
        front_page=_has("public/index.html", files),
    )


def _outermost(
    files: Iterable[FileContract], wanted: Callable[[Export], bool]
) -> list[FileContract]:
    """Files without the routers that another file takes to put them into a router of its own.

    A file that is imported without names is only looked at, as contracts have it. Of files that
    import one another, none takes the other's.
    """
    everything = list(files)
    own = {file.path: {item.name for item in file.exports if wanted(item)} for file in everything}
    imports = {file.path: {item.path for item in file.imports} for file in everything}
    taken = {
        (item.path, name)
        for file in everything
        for item in file.imports
        if own[file.path] and file.path not in imports.get(item.path, {file.path})
        for name in item.symbols
    }

    def left(file: FileContract) -> tuple[Export, ...]:
        inner = {name for name in own[file.path] if (file.path, name) in taken}
        return tuple(item for item in file.exports if item.name not in inner)

    return [file.model_copy(update={"exports": left(file)}) for file in everything]


def _served(folder: str, files: Iterable[FileContract]) -> str:
    """The folder, if the structure has files in it; else nothing."""
    return folder if any(file.path.startswith(f"{folder}/") for file in files) else ""


def _has(path: str, files: Iterable[FileContract]) -> bool:
    return any(file.path == path for file in files)


def _is_router(item: Export) -> bool:
    return item.kind not in {"function", "class", "type"} and (
        item.name == "router" or item.name.endswith("_router") or "APIRouter" in item.signature
    )


def _is_blueprint(item: Export) -> bool:
    return item.kind not in {"function", "class", "type"} and (
        item.name in {"blueprint", "bp"}
        or item.name.endswith(("_blueprint", "_bp"))
        or "Blueprint" in item.signature
    )


def _is_script_router(item: Export) -> bool:
    return item.kind not in {"function", "class", "type"} and (
        item.name == "router" or item.name.endswith("Router")
    )


def _is_starter(item: Export) -> bool:
    """Whether it can be called as it is: nothing between its brackets, or nothing known of them."""
    return (
        item.name in _STARTERS
        and item.kind not in {"class", "type"}
        and ("(" not in item.signature or re.search(r"\(\s*\)", item.signature) is not None)
    )


def _python(files: Iterable[FileContract]) -> Iterator[FileContract]:
    for file in files:
        if file.path.endswith(".py") and not is_test(file.path) and _importable(file.path):
            yield file


def _importable(path: str) -> bool:
    parts = path.removesuffix(".py").split("/")
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)


def _scripts(files: Iterable[FileContract], folder: str) -> Iterator[FileContract]:
    for file in files:
        if (
            file.path.startswith(folder)
            and file.path.endswith(_SCRIPTS)
            and not is_test(file.path)
            and _SAFE.fullmatch(file.path)
        ):
            yield file


def _offers(
    files: Iterable[FileContract], wanted: Callable[[Export], bool], names: "_Names", ending: str
) -> tuple[Offer, ...]:
    found = sorted(
        (file.path, item.name)
        for file in files
        for item in file.exports
        if wanted(item) and _IDENTIFIER.fullmatch(item.name) and not keyword.iskeyword(item.name)
    )
    return tuple(
        Offer(path=path, symbol=symbol, alias=names.of(re.sub(ending, "", path), symbol))
        for path, symbol in found
    )


class _Names:
    """Names for what an entry point imports, each given once.

    Args:
        taken: names that the entry point has itself.
        camel: whether names are spelt in camel case.
    """

    def __init__(self, taken: set[str], *, camel: bool = False) -> None:
        self._taken = taken
        self._camel = camel

    def of(self, stem: str, symbol: str) -> str:
        """A name that no other import has: the symbol's own where it says what it is."""
        last = re.sub(r"\W", "_", PurePosixPath(stem).name)
        plain = symbol in {"router", "blueprint", "bp"}
        first = f"{last}_{symbol}" if plain else symbol
        if plain and self._camel:
            first = re.sub(r"_+([A-Za-z0-9])", lambda found: found[1].upper(), first)
        if not first.isidentifier() or not first.isascii():
            first = f"part_{symbol}"
        chosen, number = first, 1
        while chosen in self._taken:
            number += 1
            chosen = f"{first}_{number}"
        self._taken.add(chosen)
        return chosen
