"""Stage 7: writes each file with two models, one briefing the other."""

from collections.abc import Mapping
from dataclasses import dataclass

from codegen.excerpts import docs_excerpt, schema_excerpt
from codegen.extraction import extract_file
from codegen.gate import gate
from codegen.order import dependency_order
from codegen.scaffolds.facts import ScaffoldFacts
from codegen.scaffolds.reading import read_facts
from codegen.scaffolds.rendering import render_file
from codegen.source.contract_check import amended_contract
from codegen.source.interface import exports_of
from codegen.source.names import Exports, promised_exports
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import FileContract, ValidatedStructure
from core.errors import InputError
from core.layout import CODE, DOCS, SCHEMA, SPECS_CLEAN, VALIDATED_STRUCTURE
from core.stages import Stage
from prompts.contexts import (
    CoderContext,
    FileIndex,
    ModuleTests,
    ProjectFacts,
    PromptBuilderContext,
    SourceFile,
    SourceFiles,
)
from providers.vcs.history import write_history
from tasks.engine.build_session import BuildSession
from tasks.engine.history import BRANCH, file_commits
from tasks.engine.stage_call import Outputs, StageCall, as_text
from tasks.engine.stage_work import StageWork

SOURCES_BUDGET = 40_000
"""Characters of imported files' text in one prompt; beyond it a file is known by its contract."""


async def write_file(work: StageWork) -> Outputs:
    """Write one file: the prompt builder's brief, then the coder's text.

    The text is held to its language, to wholeness and to the file's contract; what is wrong is told
    to the model, which is asked again.
    """
    file = work.read("file", FileContract)
    if file.template:
        return {CODE + file.path: _from_template(work, file)}
    if _holds_nothing(file):
        return {CODE + file.path: ""}
    project = work.read("project", ProjectFacts)
    schema = work.read("schema", Schema)
    tests = work.read("tests", ModuleTests)
    neighbours = work.read("neighbours", FileIndex)
    sources = work.read("sources", SourceFiles)
    index = _index(neighbours, sources)
    brief = await work.ask_text(
        PromptBuilderContext(
            project=project,
            file=file,
            docs=work.read("docs"),
            schema_=schema,
            neighbours=neighbours,
            tests=tests,
        ),
        _require_text,
    )

    def parse(answer: str) -> str:
        text = extract_file(answer, file.path)
        gate(file, text, index, project.dependencies).refuse_errors(file.path)
        return text

    text = await work.ask_text(
        CoderContext(
            project=project,
            file=file,
            brief=brief,
            schema_=schema,
            sources=sources,
            tests=tests,
        ),
        parse,
    )
    return {CODE + file.path: text}


def _from_template(work: StageWork, file: FileContract) -> str:
    """Write a file that a pack serves; it is held to its contract like any other.

    Raises:
        InputError: it does not keep it, which only a structure edited by hand can bring about.
    """
    neighbours = work.read("neighbours", FileIndex)
    index = _index(neighbours, SourceFiles())
    try:
        text = render_file(file, work.read("facts", ScaffoldFacts))
        gate(file, text, index, neighbours.dependencies).refuse_errors(file.path)
    except ValueError as error:
        raise InputError(f"{VALIDATED_STRUCTURE}: {error}") from error
    return text


def _holds_nothing(file: FileContract) -> bool:
    """A package marker needs no model."""
    return file.path.endswith("__init__.py") and not file.exports and not file.imports


def _index(neighbours: FileIndex, sources: SourceFiles) -> dict[str, Exports]:
    """What the imported files offer: as they were written, or as their contracts say."""
    promised = {file.path: promised_exports(file) for file in neighbours.files}
    return promised | {file.path: exports_of(file.path, file.content) for file in sources.files}


def _require_text(answer: str) -> str:
    if not answer.strip():
        raise ValueError("the brief is empty; write the brief for this file")
    return answer.strip()


@dataclass(frozen=True)
class FilePlan:
    """What stage 7 works through.

    Attributes:
        contracts: every file by path.
        order: paths in the order of their commits, each with the paths it waits for.
        facts: what the templates of packs are given.
    """

    spec: CleanSpec
    schema: Schema
    docs: str
    structure: ValidatedStructure
    contracts: Mapping[str, FileContract]
    order: Mapping[str, tuple[str, ...]]
    facts: ScaffoldFacts


def plan_files(session: BuildSession) -> FilePlan:
    """Plan stage 7 from the artifacts of the earlier stages."""
    structure = ValidatedStructure.model_validate_json(session.artifacts[VALIDATED_STRUCTURE])
    spec = CleanSpec.model_validate_json(session.artifacts[SPECS_CLEAN])
    return FilePlan(
        spec=spec,
        schema=Schema.model_validate_json(session.artifacts[SCHEMA]),
        docs=session.artifacts[DOCS],
        structure=structure,
        contracts={file.path: file for file in structure.files},
        order=dependency_order(structure.files),
        facts=read_facts(spec, structure),
    )


def file_call(
    session: BuildSession, stage: Stage, plan: FilePlan, path: str, written: Mapping[str, str]
) -> StageCall:
    """The call of one file's task.

    It holds only what concerns the file, so that a change elsewhere leaves its result valid.

    Args:
        session: the build.
        stage: row of stage 7.
        plan: as `plan_files` made it.
        path: the file to write.
        written: texts of the files written so far, by path; those the file waits for are there.
    """
    file = plan.contracts[path]
    imported = [_as_written(plan.contracts[other], written[other]) for other in plan.order[path]]
    if file.template:
        return session.call_for(stage, file=path, inputs=_template_inputs(plan, file, imported))
    tests = tuple(test for test in plan.structure.tests if test.path == path)
    requirements = {*file.requirements, *(test.requirement for test in tests)}
    inputs = {
        "project": ProjectFacts(
            name=plan.spec.project_name,
            slug=plan.spec.slug,
            summary=plan.spec.summary,
            stack=plan.spec.stack,
            dependencies=plan.structure.dependencies,
        ),
        "file": file,
        "docs": docs_excerpt(plan.docs, requirements=requirements, entities=file.entities),
        "schema": schema_excerpt(plan.schema, file.entities),
        "neighbours": FileIndex(files=tuple(imported)),
        "sources": _sources(imported, written),
        "tests": ModuleTests(tests=tests),
    }
    return session.call_for(
        stage, file=path, inputs={name: as_text(value) for name, value in inputs.items()}
    )


def _template_inputs(
    plan: FilePlan, file: FileContract, imported: list[FileContract]
) -> dict[str, str]:
    """What a file from a template is written from."""
    neighbours = FileIndex(files=tuple(imported), dependencies=plan.structure.dependencies)
    return {
        "file": as_text(file),
        "facts": as_text(plan.facts),
        "neighbours": as_text(neighbours),
    }


def _as_written(contract: FileContract, text: str) -> FileContract:
    """The contract with what the written file offers beyond it."""
    return amended_contract(contract, text, {}) or contract


def _sources(imported: list[FileContract], written: Mapping[str, str]) -> SourceFiles:
    """Imported files in full, as long as they fit."""
    files: list[SourceFile] = []
    room = SOURCES_BUDGET
    for file in imported:
        text = written[file.path]
        if len(text) <= room:
            files.append(SourceFile(path=file.path, content=text))
            room -= len(text)
    return SourceFiles(files=tuple(files))


async def commit_files(session: BuildSession, plan: FilePlan, written: Mapping[str, str]) -> str:
    """Commit the written files, one commit a file in the plan's order.

    The history is a function of the texts alone: written again, it has the same commit ids.

    Returns:
        The id of the last commit.
    """
    commits = file_commits(plan.structure, written, plan.order)
    return (await write_history(session.repository, commits, branch=BRANCH))[-1]
