"""Renders the templates of the files that the demo model writes."""

from functools import cache
from importlib.resources import files
from typing import cast

from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape

from providers.llm.demo.literals import markdown_line, python_string
from providers.llm.demo.source_layout import bracketed, call, indented, spread
from providers.llm.demo.words import capital


def render_file(template: str, **values: object) -> str:
    """Render a template of `templates/`, without its ending; it ends in one newline."""
    text = _environment().get_template(f"{template}.jinja").render(values)
    return text.strip("\n") + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_source),
        undefined=StrictUndefined,
        # Only HTML is escaped: the other languages have their own literals.
        autoescape=select_autoescape(("html.jinja",), default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters |= {"capital": capital, "markdown": markdown_line}
    # Typed by jinja as what it fills them with itself.
    functions = cast("dict[str, object]", environment.globals)
    functions |= {
        "bracketed": _bracketed,
        "call": call,
        "spread": spread,
        "strings": _strings,
    }
    return environment


def _source(name: str) -> str:
    """Text of a template; it is given no file name, so that coverage does not take it for ours."""
    return files("providers.llm.demo").joinpath("templates", name).read_text("utf-8")


def _bracketed(head: str, items: list[str], tail: str, indent: int) -> str:
    return indented(bracketed(head, items, tail, indent=indent), indent)


def _strings(names: tuple[str, ...]) -> list[str]:
    return [python_string(name) for name in names]
