"""Writes a file from its template."""

from jinja2 import TemplateError, TemplateNotFound

from codegen.runners.npm_gate_reports import ESLINT_RULES
from codegen.runners.python_gate import RUFF_RULES
from codegen.scaffolds.environment import environment
from codegen.scaffolds.facts import Assembly, NodeProject, Offer, ScaffoldFacts
from codegen.scaffolds.known_versions import known_versions
from codegen.scaffolds.manifests import (
    lint_ignored,
    lint_plugins,
    package_json,
    python_requirements,
)
from codegen.scaffolds.ranges import PYTHON
from codegen.scaffolds.reading import WEB
from core.artifacts.structure import FileContract

CONTAINER_NODE = "24"
"""The Node of images and of continuous integration: the newest with long-term support."""

_FOREIGN_NAMES = frozenset({"no-redeclare", "no-undef"})
"""Rules that the gate judges with names that a project's own configuration of eslint lacks."""

_BROKEN = {"ruff": RUFF_RULES, "eslint": " ".join(sorted(ESLINT_RULES - _FOREIGN_NAMES))}
"""What continuous integration looks for: what the gate does, so that green stays green there."""

_PORTS = {"express": 3000, "fastapi": 8000, "flask": 8000}


def render_file(file: FileContract, facts: ScaffoldFacts) -> str:
    """The text of a file that a pack serves.

    It is a function of its arguments alone, and ends in one newline.

    Raises:
        ValueError: there is no such template, it does not fit the stack, or a name in the facts
            has no place in the file's language: only a structure edited by hand has such.
    """
    project = facts.web if file.path.startswith(WEB) else facts.node
    values: dict[str, object] = {
        "facts": facts,
        "assembly": facts.assembly,
        "offers": _offers(facts.assembly),
        "python": facts.python,
        "project": project,
        "server_port": _PORTS.get(facts.stack.backend),
        "versions": {"python": PYTHON, "container_node": CONTAINER_NODE},
        "known": known_versions().python,
        "broken": _BROKEN,
    }
    if project is not None:
        values |= _of_node(project, facts)
    if facts.python is not None:
        values["requirements"] = python_requirements(facts.python)
        values["in_src"] = any(name.startswith("src/") for name in facts.python.packages)
    try:
        text = environment().get_template(f"{file.template}.jinja").render(values)
    except TemplateNotFound:
        raise ValueError(f"{file.path!r}: there is no template {file.template!r}") from None
    except TemplateError as error:
        raise ValueError(
            f"{file.path!r}: the template {file.template!r} does not fit this product: {error}"
        ) from error
    return text.strip("\n") + "\n"


def _of_node(project: NodeProject, facts: ScaffoldFacts) -> dict[str, object]:
    return {
        "package": package_json(project, facts),
        "lint": lint_plugins(project),
        "lint_ignored": lint_ignored(project, facts),
    }


def _offers(assembly: Assembly) -> list[Offer]:
    """Everything that an entry point imports, in the order of import statements."""
    auth = [assembly.auth] if assembly.auth else []
    return sorted(
        [*assembly.routers, *assembly.starters, *auth], key=lambda offer: (offer.path, offer.symbol)
    )
