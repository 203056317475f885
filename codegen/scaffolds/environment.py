"""The sandbox that templates of files run in: every value goes through a filter of `literals`."""

from functools import cache
from typing import cast

from jinja2 import PackageLoader, StrictUndefined
from jinja2.exceptions import TemplateRuntimeError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from codegen.scaffolds.literals import FILTERS, Literal, one_line


@cache
def environment() -> ImmutableSandboxedEnvironment:
    """The one environment of all templates; nothing in it changes after it is made."""
    made = ImmutableSandboxedEnvironment(
        loader=PackageLoader("codegen.scaffolds"),
        undefined=StrictUndefined,
        finalize=_only_literals,
        # Each language has its own literals, HTML among them.
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.filters |= {**FILTERS, "line": one_line}
    # Typed by jinja as what it fills them with itself, of which templates need nothing.
    cast("dict[str, object]", made.globals).clear()
    return made


def _only_literals(value: object) -> Literal:
    """Hold templates to literals: jinja calls it on each expression."""
    if isinstance(value, Literal):
        return value
    raise TemplateRuntimeError(
        f"a {type(value).__name__} is written as it is; pass it through one of the filters "
        f"{', '.join(FILTERS)}"
    )
