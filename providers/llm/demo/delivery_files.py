"""Writes how the application is explained."""

from dataclasses import dataclass

from providers.llm.demo.brief import requirements_in
from providers.llm.demo.entity_view import EntityView
from providers.llm.demo.file_task import FileTask
from providers.llm.demo.literals import (
    lead,
    markdown_line,
    markdown_text,
    one_line,
)
from providers.llm.demo.templates import render_file


@dataclass(frozen=True)
class _Row:
    """A row of the README's table of records."""

    name: str
    path: str
    fields: str


def write_readme(task: FileTask) -> str:
    """Write what it is, and how to set it up, run it and test it."""
    told = requirements_in(task.brief)
    summary = task.project.summary
    return render_file(
        "README.md",
        name=markdown_line(task.project.name) or task.project.slug,
        lead=markdown_line(lead(summary)),
        whole=markdown_text(summary) if one_line(summary) != lead(summary) else "",
        requirements=[
            f"{number}: {markdown_line(told[number].title)}"
            for number in task.file.requirements
            if number in told
        ],
        untold=len([number for number in task.file.requirements if number not in told]),
        rows=[_Row(view.many, view.path, _field_names(view)) for view in task.entities()],
    )


def _field_names(view: EntityView) -> str:
    names = [field.name for field in view.fields]
    names += [reference.attribute for reference in view.references]
    return ", ".join(f"`{name}`" for name in names)
