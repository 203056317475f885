"""Answers `validator`: one module's files, with what does not resolve taken out."""

from collections.abc import Mapping

from core.artifacts.answers import ModuleReview
from core.artifacts.schema import Schema
from core.artifacts.structure import FileContract, Import, Module, PlannedTest, StructuralIssues
from providers.llm.demo.blocks import PromptBlocks
from providers.llm.demo.documents import FileIndex, ModuleTests


def answer(blocks: PromptBlocks) -> str:
    """Review one module.

    Issues of docs and schema cannot be mended in a module's files, so none is called resolved.
    """
    blocks.text("docs")
    blocks.model("schema", Schema)
    blocks.model("issues", StructuralIssues)
    module = blocks.model("module", Module)
    others = blocks.model("others", FileIndex)
    tests = blocks.model("tests", ModuleTests).tests
    corrections: list[str] = []
    files = _once(module.files, {file.path for file in others.files}, corrections)
    exports = {file.path: {item.name for item in file.exports} for file in (*others.files, *files)}
    files = [_resolved(file, exports, corrections) for file in files]
    review = ModuleReview(
        files=tuple(files),
        tests=_planned({file.path for file in files}, tests, corrections),
        corrections=tuple(corrections),
    )
    return review.model_dump_json()


def _once(
    files: tuple[FileContract, ...], taken: set[str], corrections: list[str]
) -> list[FileContract]:
    """Leave out files that are there already, unless nothing would be left."""
    kept: dict[str, FileContract] = {}
    for file in files:
        if file.path in kept or file.path in taken:
            corrections.append(f"{file.path} was planned twice; it is planned once now.")
        else:
            kept[file.path] = file
    return list(kept.values()) or list(files[:1])


def _resolved(
    file: FileContract, exports: Mapping[str, set[str]], corrections: list[str]
) -> FileContract:
    imports: list[Import] = []
    for item in file.imports:
        if item.path not in exports or item.path == file.path:
            corrections.append(f"{file.path} imported {item.path}, which is no other file.")
            continue
        strangers = [name for name in item.symbols if name not in exports[item.path]]
        if strangers:
            corrections.append(
                f"{file.path} imported {', '.join(strangers)}, which {item.path} does not export."
            )
        known = tuple(name for name in item.symbols if name in exports[item.path])
        imports.append(item.model_copy(update={"symbols": known}))
    return file.model_copy(update={"imports": tuple(imports)})


def _planned(
    paths: set[str], tests: tuple[PlannedTest, ...], corrections: list[str]
) -> tuple[PlannedTest, ...]:
    kept: list[PlannedTest] = []
    for test in tests:
        if test.path not in paths:
            corrections.append(f"{test.case} was planned in {test.path}, which is no file here.")
        elif test in kept:
            corrections.append(f"{test.case} was planned twice in {test.path}.")
        else:
            kept.append(test)
    return tuple(kept)
