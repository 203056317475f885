"""Exports of Python modules."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from codegen.source.names import ExportKind, Exports, SourceExport
from codegen.source.syntax import python_tree, unparsed
from codegen.source.trees import squeezed

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_TYPES = frozenset({"TypeVar", "ParamSpec", "TypeVarTuple", "NewType", "Annotated", "Union"})
_CLASS_MAKERS = frozenset({"namedtuple", "NamedTuple", "TypedDict", "Enum", "declarative_base"})
_DECORATING_MODULES = frozenset({"functools", "contextlib", "typing", "pytest", "tenacity"})


def python_exports(text: str) -> Exports:
    """Every name that can be imported from a module; nothing is certain if it does not parse."""
    try:
        tree = python_tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Exports(open=True)
    found = _Names()
    found.read(tree.body)
    return found.exports()


def python_signature(node: _Function) -> str:
    """A function's head as Python writes it: `async def f(a: int, *, b: str = 'x') -> None`."""
    star = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    returns = f" -> {unparsed(node.returns)}" if node.returns else ""
    return squeezed(f"{star} {node.name}({unparsed(node.args)}){returns}")


@dataclass
class _Names:
    """Collects what the statements of a module bind."""

    found: dict[str, SourceExport] = field(default_factory=dict[str, SourceExport])
    stars: list[str] = field(default_factory=list[str])
    all: list[str] | None = None
    open: bool = False

    def exports(self) -> Exports:
        names = self.found.values()
        if self.all is not None:
            offered = set(self.all)
            names = [item.model_copy(update={"offered": item.name in offered}) for item in names]
        return Exports(names=tuple(names), stars=tuple(self.stars), open=self.open)

    def read(self, statements: Iterable[ast.stmt]) -> None:
        for statement in _with_nested(statements):
            match statement:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self.open = self.open or statement.name == "__getattr__"
                    signature = python_signature(statement)
                    self._add(statement.name, "function", signature, statement.lineno)
                    if _is_registered(statement):
                        self._update(statement.name, offered=False)
                case ast.ClassDef():
                    self._class(statement)
                case ast.Import() | ast.ImportFrom():
                    self._imported(statement)
                case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                    self._assigned(statement)
                case ast.Delete():
                    for target in statement.targets:
                        self.found.pop(unparsed(target), None)
                case ast.Expr(value=ast.Call() as call):
                    self._called(call)
                case _:
                    self._bound(statement)

    def _bound(self, statement: ast.stmt) -> None:
        """What stands in the head of a statement that holds others, and what `type` defines."""
        for target in _bound_by(statement):
            self._target(target, "other", "", statement.lineno)
        if type(statement).__name__ == "TypeAlias":  # `type X = …`, from Python 3.12 on
            name = vars(statement)["name"].id
            self._add(name, "type", squeezed(unparsed(statement)), statement.lineno)

    def _add(self, name: str, kind: ExportKind, signature: str, line: int, **more: object) -> None:
        offered = not name.startswith("_") and not more.get("origin")
        values = {"name": name, "kind": kind, "signature": signature, "line": line, **more}
        old = self.found.get(name)
        if old is not None and old.signature and (not signature or kind == "other"):
            return  # `x: int`, then `x = 1`; `def f`, else `f = other`: the first says more
        self.found[name] = SourceExport.model_validate({"offered": offered, **values})

    def _update(self, name: str, *, offered: bool) -> None:
        self.found[name] = self.found[name].model_copy(update={"offered": offered})

    def _class(self, node: ast.ClassDef) -> None:
        bases = [unparsed(base) for base in (*node.bases, *node.keywords)]
        head = f"class {node.name}({', '.join(bases)})" if bases else f"class {node.name}"
        members = tuple(dict.fromkeys(_members(node)))
        names = tuple(unparsed(base) for base in node.bases)
        self._add(node.name, "class", squeezed(head), node.lineno, members=members, bases=names)

    def _imported(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for item in node.names:
                name = item.asname or item.name.partition(".")[0]
                self._add(name, "other", "", node.lineno, origin=item.name)
            return
        module = "." * node.level + (node.module or "")
        for item in node.names:
            if item.name == "*":
                self.stars.append(module)
                continue
            name = item.asname or item.name
            self._add(name, "other", "", node.lineno, origin=module, original=item.name)
            if item.asname == item.name:  # `import x as x` passes a name on, by convention
                self._update(name, offered=True)

    def _assigned(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            self._offers(node.value)
            return
        if isinstance(node, ast.AugAssign):
            return
        kind = _kind_of_value(node)
        for target in targets:
            self._target(target, kind, _assignment(target, node), node.lineno)
            if isinstance(target, ast.Name) and _is_type_variable(node.value):
                self._update(target.id, offered=False)

    def _target(self, target: ast.expr, kind: ExportKind, signature: str, line: int) -> None:
        if isinstance(target, ast.Name):
            self._add(target.id, kind, signature, line)
        elif isinstance(target, ast.Tuple | ast.List):
            for part in target.elts:
                self._target(part, "other", "", line)
        elif isinstance(target, ast.Starred):
            self._target(target.value, "other", "", line)
        elif isinstance(target, ast.Subscript) and unparsed(target.value) == "globals()":
            self.open = True

    def _offers(self, value: ast.expr | None) -> None:
        """`__all__`, also added to piece by piece; names of other modules' lists are unknown."""
        self.all = self.all or []
        for node in ast.walk(value) if value else ():
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                self.all.append(node.value)

    def _called(self, call: ast.Call) -> None:
        called = unparsed(call.func)
        if called in {"__all__.extend", "__all__.append", "__all__.remove"}:
            if called != "__all__.remove":
                for argument in call.args:
                    self._offers(argument)
        elif called in {"globals().update", "globals().setdefault", "vars().update"}:
            self.open = True


def _is_type_variable(value: ast.expr | None) -> bool:
    """Whether it only stands for types in this file's own signatures."""
    if not isinstance(value, ast.Call):
        return False
    return unparsed(value.func).rpartition(".")[2] in {"TypeVar", "ParamSpec", "TypeVarTuple"}


def _is_registered(node: _Function) -> bool:
    """Whether a decorator such as `@router.get("/")` hands it to a framework, which calls it."""
    return any(
        isinstance(item, ast.Call)
        and isinstance(item.func, ast.Attribute)
        and isinstance(item.func.value, ast.Name)
        and item.func.value.id not in _DECORATING_MODULES
        for item in node.decorator_list
    )


def blocks_of(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of a compound statement that runs in the module's own scope."""
    for name in ("body", "orelse", "finalbody"):
        yield getattr(statement, name, [])
    for handler in getattr(statement, "handlers", []):
        yield handler.body
    for case in getattr(statement, "cases", []):
        yield case.body


def _with_nested(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements, each followed by those in its blocks: what any branch binds may be there.

    A chain of `elif` is as deep as it is long, so that nothing here calls itself.
    """
    pending = [*statements][::-1]
    while pending:
        statement = pending.pop()
        yield statement
        if not isinstance(statement, _Function | ast.ClassDef):
            inner = [item for block in blocks_of(statement) for item in block]
            pending.extend(reversed(inner))


def _bound_by(statement: ast.stmt) -> list[ast.expr]:
    match statement:
        case ast.For() | ast.AsyncFor():
            return [statement.target]
        case ast.With() | ast.AsyncWith():
            return [item.optional_vars for item in statement.items if item.optional_vars]
        case _:
            return []


def _assignment(target: ast.expr, node: ast.Assign | ast.AnnAssign) -> str:
    """`NAME: type`, `NAME = value` where the value is short, else the name alone."""
    name = unparsed(target)
    if isinstance(node, ast.AnnAssign):
        return squeezed(f"{name}: {unparsed(node.annotation)}")
    value = node.value
    if isinstance(value, ast.Constant | ast.Name | ast.Attribute | ast.Call | ast.Subscript):
        shown = squeezed(f"{name} = {unparsed(value)}")
        return shown if len(shown) <= 120 else name
    return name


def _kind_of_value(node: ast.Assign | ast.AnnAssign) -> ExportKind:
    value = node.value
    if isinstance(node, ast.AnnAssign) and "TypeAlias" in unparsed(node.annotation):
        return "type"
    if isinstance(value, ast.Lambda):
        return "function"
    if isinstance(value, ast.Call):
        called = unparsed(value.func).rpartition(".")[2]
        if called in _TYPES:
            return "type"
        return "class" if called in _CLASS_MAKERS else "other"
    if isinstance(value, ast.Name | ast.Attribute | ast.Subscript | ast.BinOp):
        return "other"  # another name for anything: a function, a class, a type
    return "constant"


def _members(node: ast.ClassDef) -> Iterator[str]:
    """Signatures of methods and fields, with what `__init__` and others put on `self`."""
    for statement in _with_nested(node.body):
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                decorators = {unparsed(item) for item in statement.decorator_list}
                kind = "".join(
                    f"@{name} "
                    for name in ("staticmethod", "classmethod", "property")
                    if name in decorators
                )
                yield kind + python_signature(statement)
            case ast.AnnAssign(target=ast.Name() as target):
                yield f"{target.id}: {squeezed(unparsed(statement.annotation))}"
            case ast.Assign():
                yield from (item.id for item in statement.targets if isinstance(item, ast.Name))
            case ast.ClassDef():
                yield f"class {statement.name}"
            case _:
                continue
    for part in ast.walk(node):
        if (
            isinstance(part, ast.Attribute)
            and isinstance(part.ctx, ast.Store)
            and isinstance(part.value, ast.Name)
            and part.value.id == "self"
        ):
            yield part.attr
