"""The sandbox templates run in, and their one way of writing values: `data(name, value)`."""

from typing import cast

from jinja2 import BaseLoader, StrictUndefined, Undefined
from jinja2.exceptions import TemplateRuntimeError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel

from core.fence import fenced


def make_environment(loader: BaseLoader) -> ImmutableSandboxedEnvironment:
    """Make the environment of all templates.

    Names that are missing, values that are written without a fence, and whatever the sandbox
    forbids raise jinja's `TemplateError`.
    """
    environment = ImmutableSandboxedEnvironment(
        loader=loader,
        undefined=StrictUndefined,
        finalize=_only_blocks,
        # Prompts are no HTML: escaping would alter what people wrote.
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    # Typed by jinja as what it fills them with itself, of which templates need nothing.
    names = cast("dict[str, object]", environment.globals)
    names.clear()
    names["data"] = _data
    return environment


class _Block(str):
    """Text that came through `data`, and may therefore stand in a prompt."""

    __slots__ = ()


def _data(name: str, value: object) -> _Block:
    if isinstance(value, Undefined):
        str(value)  # raises jinja's own error, which names what is missing
    if not isinstance(value, (BaseModel, str)):
        raise TemplateRuntimeError(
            f"data({name!r}, …) is given a {type(value).__name__}; give it a model or a text"
        )
    try:
        return _Block(fenced(name, value))
    except ValueError as error:
        raise TemplateRuntimeError(str(error)) from error


def _only_blocks(value: object) -> _Block:
    """Hold templates to their one way of writing values: jinja calls it on each expression."""
    if isinstance(value, _Block):
        return value
    raise TemplateRuntimeError(
        f"a {type(value).__name__} is written without a fence; write it as data(name, value)"
    )
