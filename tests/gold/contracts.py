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

Kind = Literal["class", "function", "constant", "other"]

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
    r'^(?:import|(?P<again>export)) (?:(?P<names>[^"\']+?) from )?["\'](?P<module>[^"\']+)["\'];',
    re.MULTILINE,
)
_SCRIPT_EXPORT = re.compile(
    r"^export (?:async )?(?P<word>function|class|const) (?P<name>\w+)", re.MULTILINE
)
_SCRIPT_MEMBER = re.compile(
    r"^  (?:static |async |(?P<get>get ))*(?P<name>[a-z]\w*)\(", re.MULTILINE
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
            members.append(_python_property(item) or _python_call(item))
    bases = ", ".join(map(ast.unparse, node.bases))
    head = f"class {node.name}({bases})" if bases else f"class {node.name}"
    return f"{head}: {'; '.join(members)}" if members else head


def _python_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    is_one = any(ast.unparse(item) == "property" for item in node.decorator_list)
    return f"{node.name}: {ast.unparse(node.returns)}" if is_one and node.returns else ""


def _read_script(path: str, text: str) -> Reading:
    imports: dict[str, tuple[str, ...]] = {}
    packages: set[str] = set()
    again: list[Offer] = []
    for found in _SCRIPT_IMPORT.finditer(text):
        module, names = found["module"], _script_names(found["names"] or "")
        again += [Offer(name, "other", "") for name in names if found["again"]]
        if module.startswith("."):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), module))
            imports[target] = (*imports.get(target, ()), *names)
        elif not module.startswith("node:"):
            packages.add(module)
    return Reading((*_script_offers(text), *again), imports, frozenset(packages))


def _script_names(names: str) -> tuple[str, ...]:
    if names.startswith("*"):
        return ()
    inside = names.strip().removeprefix("{").removesuffix("}")
    return tuple(name.split(" as ")[0].strip() for name in inside.split(",") if name.strip())


def _script_offers(text: str) -> Iterator[Offer]:
    for found in _SCRIPT_EXPORT.finditer(text):
        name, kind, begin = found["name"], found["word"], found.start() + len("export ")
        if kind == "function":
            yield Offer(name, "function", text[begin : _closed(text, found.end())])
        elif kind == "const":
            yield Offer(name, "constant", f"const {name}")
        else:
            head = text[begin : text.index(" {", begin)]
            body = text[begin:].partition("\n}\n")[0]
            members = [_script_member(body, member) for member in _SCRIPT_MEMBER.finditer(body)]
            yield Offer(name, "class", f"{head} {{ {'; '.join(members)} }}")


def _script_member(body: str, found: re.Match[str]) -> str:
    if found["get"]:
        return found["name"]
    return body[found.start("name") : _closed(body, found.end() - 1)]


def _closed(text: str, opened: int) -> int:
    """The place behind the bracket that closes the one at a place."""
    depth = 0
    for place in range(opened, len(text)):
        depth += (text[place] in "({[") - (text[place] in ")}]")
        if not depth:
            return place + 1
    raise ValueError(f"a bracket is never closed: {text[opened : opened + 60]!r}")
