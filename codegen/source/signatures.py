"""Reads signatures, and says how one differs from another where callers feel it."""

import ast
import re
from dataclasses import dataclass

from tree_sitter import Node

from codegen.source.languages import Language
from codegen.source.syntax import python_tree
from codegen.source.trees import parse_tree, text_of, walk

_PYTHON_DEF = re.compile(r"(async\s+)?def\s+\w+\s*\(")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function.

    Attributes:
        name: empty where it is a pattern without one (`{ a, b }`).
        role: how it is given; `rest` takes any number by place, `options` any number by name.
        optional: whether a call may leave it out.
    """

    name: str
    role: str = "plain"  # plain, place (only by place), name (only by name), rest, options
    optional: bool = False


@dataclass(frozen=True)
class Signature:
    """What a call of a function depends on.

    Attributes:
        asynchronous: None where the signature does not tell.
    """

    parameters: tuple[Parameter, ...]
    asynchronous: bool | None = None


def python_signature_of(text: str) -> Signature | None:
    """Read `def f(a: int, *, b: str = "") -> None`, as a contract or a source writes it."""
    head = re.sub(r"^(@\w+\s+)+", "", text.strip()).rstrip(" :.")
    if "(" not in head or head.startswith("class "):
        return None
    if not _PYTHON_DEF.match(head):
        head = f"def {head}" if not head.startswith("async ") else f"async def {head[6:]}"
    for candidate in (f"{head}: ...", re.sub(r"\s*->.*", "", head, flags=re.DOTALL) + ": ..."):
        try:
            node = python_tree(candidate).body[0]
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            asynchronous = isinstance(node, ast.AsyncFunctionDef)
            return Signature(tuple(_python_parameters(node.args)), asynchronous)
    return None


def _python_parameters(arguments: ast.arguments) -> list[Parameter]:
    places = [*arguments.posonlyargs, *arguments.args]
    required = len(places) - len(arguments.defaults)
    found = [
        Parameter(
            item.arg,
            "place" if number < len(arguments.posonlyargs) else "plain",
            optional=number >= required,
        )
        for number, item in enumerate(places)
        if not (number == 0 and item.arg in {"self", "cls"})
    ]
    if arguments.vararg:
        found.append(Parameter(arguments.vararg.arg, "rest", optional=True))
    for item, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append(Parameter(item.arg, "name", optional=default is not None))
    if arguments.kwarg:
        found.append(Parameter(arguments.kwarg.arg, "options", optional=True))
    return found


def script_signature_of(text: str) -> Signature | None:
    """Read `async function f(a: string, b?: number): Promise<void>` or an arrow function's head."""
    plain = re.sub(r"^(export\s+)?(default\s+)?(declare\s+)?", "", text.strip()).rstrip(" ;{")
    if "(" not in plain and "=>" not in plain:
        return None
    for candidate in _script_candidates(plain):
        root = parse_tree(Language.TYPESCRIPT, candidate).root_node
        if root.has_error:
            continue
        for node in walk(root):
            parameters = node.child_by_field_name("parameters")
            if parameters is None:
                parameters = node.child_by_field_name("parameter")
            if parameters is not None and node.type != "class_declaration":
                return Signature(tuple(_script_parameters(parameters)), _asynchronous(node, plain))
    return None


def _script_candidates(plain: str) -> list[str]:
    """A head made into a whole statement, in the ways contracts leave things out."""
    if plain.endswith("=>"):
        return [f"{plain} {{}}", f"x = {plain} {{}}"]
    bare = re.sub(r"^(?:(?:static|public|abstract|override|get|set)\s+)+", "", plain)
    name = re.sub(r"^(async\s+)?", r"\1function ", bare, count=1)
    return [
        f"{plain} {{}}",
        plain,
        f"{name} {{}}",
        f"x = {plain}",
        f"x = {plain} => {{}}",
        f"class X {{ {plain} {{}} }}",
        f"interface X {{ {plain} }}",
    ]


def _script_parameters(parameters: Node) -> list[Parameter]:
    if parameters.type == "identifier":
        return [Parameter(text_of(parameters))]
    found: list[Parameter] = []
    for item in parameters.named_children:
        if item.type == "comment":
            continue
        pattern = item.child_by_field_name("pattern") or item.child_by_field_name("left") or item
        optional = item.type == "optional_parameter" or (
            item.child_by_field_name("value") is not None or item.type == "assignment_pattern"
        )
        if pattern.type == "rest_pattern":
            name = text_of(pattern.named_children[0]) if pattern.named_children else ""
            found.append(Parameter(name, "rest", optional=True))
        elif text_of(pattern) != "this":
            name = text_of(pattern) if pattern.type == "identifier" else ""
            found.append(Parameter(name, optional=optional))
    return found


def _asynchronous(node: Node, text: str) -> bool | None:
    """Whether a call gives a promise; None where neither a keyword nor a type says it."""
    if any(child.type == "async" for child in node.children):
        return True
    returned = text_of(node.child_by_field_name("return_type")).lstrip(": ")
    if returned:
        return returned.startswith(("Promise", "PromiseLike"))
    kind = re.match(r"(?:const|let|var)\s+\w+\s*:\s*\(.*?\)\s*=>\s*(\w+)", text)
    return kind[1] == "Promise" if kind else None


def go_signature_of(text: str) -> Signature | None:
    """Read `func (s *Store) Get(id string, limit int) (Task, error)`."""
    head = text.strip().rstrip("{ ")
    head = head if head.startswith("func") else f"func {head}"
    root = parse_tree(Language.GO, f"package x\n{head} {{}}").root_node
    node = next(
        (
            item
            for item in root.named_children
            if item.type.endswith(("on_declaration", "method_declaration"))
        ),
        None,
    )
    if node is None or root.has_error:
        return None
    parameters = node.child_by_field_name("parameters")
    found: list[Parameter] = []
    for item in parameters.named_children if parameters is not None else ():
        names = [text_of(name) for name in item.children_by_field_name("name")] or [""]
        rest = item.type == "variadic_parameter_declaration"
        found += [Parameter(name, "rest" if rest else "place", rest) for name in names]
    return Signature(tuple(found))


def signature_of(language: Language | None, text: str) -> Signature | None:
    """Read a signature in a file's language; None where it cannot be read as a function's."""
    if language is Language.PYTHON:
        return python_signature_of(text)
    if language is Language.GO:
        return go_signature_of(text)
    return script_signature_of(text)


def broken_calls(promised: Signature, actual: Signature, *, by_name: bool) -> list[str]:
    """Why calls made for the promised signature would fail with the actual one.

    Args:
        promised: what callers were told.
        actual: what the source has.
        by_name: whether callers may name parameters, as in Python.

    Returns:
        A phrase for each reason; none where every promised call works.
    """
    reasons: list[str] = []
    if None not in (promised.asynchronous, actual.asynchronous):
        if promised.asynchronous and not actual.asynchronous:
            reasons.append("it must be async")
        elif actual.asynchronous and not promised.asynchronous:
            reasons.append("it must not be async")
    reasons += _broken_places(promised, actual, by_name=by_name)
    if by_name:
        reasons += _broken_names(promised, actual)
    roles = {item.role for item in actual.parameters}
    for item in promised.parameters:
        if item.role in {"rest", "options"} and item.role not in roles:
            stars = "*" if item.role == "rest" else "**"
            reasons.append(f"the parameter {stars}{item.name} is missing")
    return reasons


def _placed(signature: Signature) -> list[Parameter]:
    return [item for item in signature.parameters if item.role in {"plain", "place"}]


def _broken_places(promised: Signature, actual: Signature, *, by_name: bool) -> list[str]:
    wanted, given = _placed(promised), _placed(actual)
    by_names = {item.name for item in promised.parameters if item.role == "name"}
    reasons: list[str] = []
    for number, item in enumerate(wanted):
        if number >= len(given):
            if not any(other.role == "rest" for other in actual.parameters):
                reasons.append(f"the parameter {item.name or number + 1!r} is missing")
            continue
        other = given[number]
        if by_name and item.name != other.name and "place" not in (item.role, other.role):
            reasons.append(f"parameter {number + 1} must be {item.name!r}, it is {other.name!r}")
        elif by_name and item.role == "plain" and other.role == "place":
            reasons.append(f"the parameter {item.name!r} must be possible to give by name")
        if item.optional and not other.optional:
            reasons.append(f"the parameter {item.name or number + 1!r} must have a default")
    reasons += [
        f"the parameter {item.name or number!r} is not promised and has no default"
        for number, item in enumerate(given[len(wanted) :], start=len(wanted) + 1)
        if not item.optional and item.name not in by_names
    ]
    return reasons


def _broken_names(promised: Signature, actual: Signature) -> list[str]:
    wanted = {item.name: item for item in promised.parameters if item.role == "name"}
    given = {item.name: item for item in actual.parameters if item.role in {"name", "plain"}}
    takes_any = any(item.role == "options" for item in actual.parameters)
    reasons: list[str] = []
    for name, item in wanted.items():
        if name not in given:
            if not takes_any:
                reasons.append(f"the parameter {name!r} is missing")
        elif item.optional and not given[name].optional:
            reasons.append(f"the parameter {name!r} must have a default")
    reasons += [
        f"the parameter {item.name!r} is not promised and has no default"
        for item in actual.parameters
        if item.role == "name" and item.name not in wanted and not item.optional
    ]
    return reasons
