"""Reads out of a known-good file what its contract says: exports, imports and packages."""

import ast
import posixpath
import re
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Document = dict[str, Any]
"""A part of a TOML or JSON document."""

Kind = Literal["class", "function", "constant"]

_LANGUAGES = {
    ".py": "python",
    ".js": "javascript",
    ".md": "markdown",
    ".toml": "toml",
    ".json": "json",
    ".html": "html",
    ".css": "css",
    ".yml": "yaml",
}
_SCRIPT_IMPORT = re.compile(
    r'^import (?:(?P<names>[^"\']+?) from )?["\'](?P<module>[^"\']+)["\'];', re.MULTILINE
)
_SCRIPT_EXPORT = re.compile(
    r"^export (?:default )?(?P<signature>(?:async )?(?P<word>function\*?|class|const) "
    r"(?P<name>\w+)(?:[^{;=]|(?<=\()\{[^}]*\})*)",
    re.MULTILINE,
)
_SCRIPT_MEMBER = re.compile(
    r"^  (?:static |async |get |\*)*(?P<call>[a-z]\w*\([^{}]*\)) \{$", re.MULTILINE
)


@dataclass(frozen=True)
class Offer:
    """A name that a file offers, with how it is called."""

    name: str
    kind: Kind
    signature: str


@dataclass(frozen=True)
class Reading:
    """What a source offers and takes.

    Attributes:
        exports: its public names.
        imports: names taken from other files of the repository, by their paths.
        packages: packages from outside.
    """

    exports: tuple[Offer, ...] = ()
    imports: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    packages: frozenset[str] = frozenset()


def language_of(path: str) -> str:
    """The language a contract names for a file."""
    name = posixpath.basename(path)
    return "dockerfile" if name == "Dockerfile" else _LANGUAGES.get(_suffix(path), "text")


def read_source(path: str, text: str, paths: Collection[str]) -> Reading:
    """Read a file.

    Args:
        path: where it stands.
        text: the whole file.
        paths: every file of the repository.
    """
    if path.endswith(".py"):
        return _read_python(ast.parse(text), paths)
    if path.endswith(".js"):
        return _read_script(path, text)
    return Reading()


def _suffix(path: str) -> str:
    return posixpath.splitext(path)[1]


def _read_python(tree: ast.Module, paths: Collection[str]) -> Reading:
    imports: dict[str, tuple[str, ...]] = {}
    packages: set[str] = set()
    for module, names in _python_imports(tree):
        base = module.replace(".", "/")
        for name in names or ("",):
            inner = f"{base}/{name}.py"
            target = inner if name and inner in paths else _python_file(base, paths)
            if target is None:
                packages.add(module.partition(".")[0])
            else:
                taken = (name,) if name and target != inner else ()
                imports[target] = (*imports.get(target, ()), *taken)
    outside = {name for name in packages if name not in sys.stdlib_module_names}
    return Reading(tuple(_python_offers(tree)), imports, frozenset(outside))


def _python_imports(tree: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, ()
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "", tuple(alias.name for alias in node.names)


def _python_file(base: str, paths: Collection[str]) -> str | None:
    return next((path for path in (f"{base}.py", f"{base}/__init__.py") if path in paths), None)


def _python_offers(tree: ast.Module) -> Iterator[Offer]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Offer(node.name, "function", _python_call(node))
        elif isinstance(node, ast.ClassDef):
            yield Offer(node.name, "class", _python_class(node))
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    yield Offer(target.id, "constant", target.id)


def _python_call(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    begin = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    result = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{begin} {node.name}({ast.unparse(node.args)}){result}"


def _python_class(node: ast.ClassDef) -> str:
    members: list[str] = []
    for item in node.body:
        if isinstance(item, ast.AnnAssign):
            members.append(f"{ast.unparse(item.target)}: {ast.unparse(item.annotation)}")
        elif isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and item.name[0] != "_":
            members.append(_python_call(item))
    bases = ", ".join(map(ast.unparse, node.bases))
    head = f"class {node.name}({bases})" if bases else f"class {node.name}"
    return f"{head}: {'; '.join(members)}" if members else head


def _read_script(path: str, text: str) -> Reading:
    imports: dict[str, tuple[str, ...]] = {}
    packages: set[str] = set()
    for found in _SCRIPT_IMPORT.finditer(text):
        module = found["module"]
        if module.startswith("."):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), module))
            imports[target] = (*imports.get(target, ()), *_script_names(found["names"] or ""))
        elif not module.startswith("node:"):
            packages.add(module)
    return Reading(tuple(_script_offers(text)), imports, frozenset(packages))


def _script_names(names: str) -> tuple[str, ...]:
    inside = names.strip().removeprefix("{").removesuffix("}")
    return tuple(name.split(" as ")[0].strip() for name in inside.split(",") if name.strip())


def _script_offers(text: str) -> Iterator[Offer]:
    for found in _SCRIPT_EXPORT.finditer(text):
        signature = " ".join(found["signature"].split())
        match found["word"]:
            case "class":
                body = text[found.end() :].partition("\n}\n")[0]
                members = [member["call"] for member in _SCRIPT_MEMBER.finditer(body)]
                yield Offer(found["name"], "class", f"{signature} {{ {'; '.join(members)} }}")
            case "const":
                yield Offer(found["name"], "constant", signature)
            case _:
                yield Offer(found["name"], "function", signature)
