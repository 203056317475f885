"""Answers `coder`: one file, whole, in one fenced block."""

import re
from collections.abc import Callable

from core.artifacts.structure import FileContract
from providers.llm.demo import application_files, delivery_files, entity_files, paths, shared_files
from providers.llm.demo.blocks import PromptBlocks, refuse
from providers.llm.demo.file_task import FileTask

Writer = Callable[[FileTask], str]

_WRITERS: dict[str, Writer] = {
    paths.SETTINGS: shared_files.write_settings,
    paths.DATABASE: shared_files.write_database,
    paths.FIELDS: shared_files.write_fields,
    paths.LISTING: shared_files.write_listing,
    paths.RECORDS: shared_files.write_records,
    paths.LINKS: shared_files.write_links,
    paths.FRONT_PAGE: application_files.write_front_page,
    paths.MAIN: application_files.write_main,
    paths.CONFTEST: application_files.write_conftest,
    paths.SERVICE_TESTS: application_files.write_service_tests,
    paths.README: delivery_files.write_readme,
}

_FOLDERS: dict[str, Writer] = {
    paths.MODELS: entity_files.write_model,
    paths.SCHEMAS: entity_files.write_schema,
    paths.ROUTERS: entity_files.write_router,
    paths.FACTORIES: entity_files.write_factory,
    paths.ENTITY_TESTS: entity_files.write_tests,
}
"""Folders that hold one file for each kind of record."""


def answer(blocks: PromptBlocks) -> str:
    """Write the file the prompt asks for."""
    task = FileTask.read(blocks)
    text = _writer_of(task.file)(task)
    fence = _fence_around(text)
    return f"{fence}{task.file.language or 'text'}\n{text}{fence}\n"


def _writer_of(file: FileContract) -> Writer:
    if file.path in paths.PACKAGES:
        return shared_files.write_package
    if file.path in _WRITERS:
        return _WRITERS[file.path]
    folder, _, name = file.path.rpartition("/")
    if f"{folder}/" not in _FOLDERS or not name.endswith(".py"):
        refuse(
            f"the demo model does not know how to write {file.path!r}; build with a real model, "
            "or take the file out of the structure"
        )
    return _FOLDERS[f"{folder}/"]


def _fence_around(text: str) -> str:
    """A fence longer than any in the text."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    return "`" * max(3, longest + 1)
