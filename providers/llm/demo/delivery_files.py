"""Writes how the application is installed, run and explained."""

from collections.abc import Iterable
from dataclasses import dataclass

from providers.llm.demo.brief import requirements_in
from providers.llm.demo.distribution import package_name, requirement
from providers.llm.demo.entity_view import EntityView
from providers.llm.demo.file_task import FileTask
from providers.llm.demo.literals import (
    lead,
    markdown_line,
    markdown_text,
    one_line,
    toml_string,
)
from providers.llm.demo.templates import render_file

_DESCRIPTION_LENGTH = 200


@dataclass(frozen=True)
class _Row:
    """A row of the README's table of records."""

    name: str
    path: str
    fields: str


def write_pyproject(task: FileTask) -> str:
    """Write the package's metadata and its tools' settings."""
    dependencies = [item for item in task.project.dependencies if item.ecosystem == "python"]
    return render_file(
        "pyproject.toml",
        name=toml_string(package_name(task.project.slug, [item.name for item in dependencies])),
        description=toml_string(one_line(lead(task.project.summary), _DESCRIPTION_LENGTH)),
        dependencies=_required(item.name for item in dependencies if not item.development),
        development=_required(item.name for item in dependencies if item.development),
    )


def _required(names: Iterable[str]) -> list[str]:
    return [toml_string(requirement(name)) for name in sorted(set(names))]


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


def write_dockerfile(_task: FileTask) -> str:
    """Write how an image is built."""
    return render_file("Dockerfile")


def write_gitignore(_task: FileTask) -> str:
    """Write what Git leaves out."""
    return render_file("gitignore")


def write_dockerignore(_task: FileTask) -> str:
    """Write what an image leaves out."""
    return render_file("dockerignore")
