"""Writes the files that all kinds of records share."""

from providers.llm.demo import paths
from providers.llm.demo.file_task import FileTask
from providers.llm.demo.templates import render_file

_OF_PYDANTIC = {
    "AfterValidator": {"Moment"},
    "Field": {"RecordId"},
    "StringConstraints": {"ShortText", "LongText", "Email", "WebAddress"},
}
"""Names the fields' types are made with, with the types that need them."""


def write_package(task: FileTask) -> str:
    """Write the module that makes a folder a package."""
    return render_file("package.py", purpose=paths.PACKAGES[task.file.path])


def write_settings(_task: FileTask) -> str:
    """Write the settings."""
    return render_file("settings.py")


def write_database(_task: FileTask) -> str:
    """Write the base of the tables and the sessions."""
    return render_file("database.py")


def write_fields(task: FileTask) -> str:
    """Write the types of fields that the contract promises."""
    types = {*task.exports(), "RecordId"}
    return render_file(
        "fields.py",
        types=types,
        pydantic_names=[name for name, users in _OF_PYDANTIC.items() if users & types],
    )


def write_listing(task: FileTask) -> str:
    """Write how lists are read."""
    return render_file("listing.py", imports=_imports(task, paths.DATABASE, "Record"))


def write_records(task: FileTask) -> str:
    """Write how records are found, saved and removed."""
    return render_file("records.py", imports=_imports(task, paths.DATABASE, "Base", "Record"))


def write_links(task: FileTask) -> str:
    """Write how records are linked with any number of others."""
    return render_file("links.py", imports=_imports(task, paths.DATABASE, "Base"))


def _imports(task: FileTask, path: str, *symbols: str) -> str:
    return "\n".join(task.imports([(path, symbols)]))
