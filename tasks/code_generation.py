"""Stage 7: writes each file with two models, one briefing the other."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from pydantic import BaseModel

from codegen.file_context import FileContext, Material, Offer, file_context, outline
from codegen.file_gate import FileGate, Surroundings
from codegen.order import dependency_order
from codegen.scaffolds.facts import ScaffoldFacts
from codegen.scaffolds.reading import read_facts
from codegen.served_text import served_text
from codegen.source.contract_check import amended_contract
from core.artifacts.file_prompts import FilePrompt, FilePrompts
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import FileContract, ValidatedStructure
from core.errors import InputError, SideProcessError
from core.layout import CODE, VALIDATED_STRUCTURE
from core.stages import Stage
from prompts.change_contexts import with_previous
from prompts.contexts import (
    CoderContext,
    FileIndex,
    KnownFile,
    KnownFiles,
    ModuleTests,
    ProjectFacts,
    PromptBuilderContext,
    SourceFile,
    SourceFiles,
)
from providers.llm.prompt_size import likely_tokens
from providers.side_process import SideProcess
from providers.vcs.history import write_history
from tasks.engine.build_session import BuildSession
from tasks.engine.changing.files import Designs, FilesBefore
from tasks.engine.history import BRANCH, file_commits
from tasks.engine.stage_call import Outputs, StageCall, as_text
from tasks.engine.stage_work import StageWork

KEPT = "kept"
"""Input with the text of a file that stays as it was in the build that is changed."""

_GATE_AFTER_SECONDS = 0.15

PREVIOUS = "previous"
"""Input with the file as it was in that build, where it is written again."""


async def write_file(work: StageWork) -> Outputs:
    """Write one file: the prompt builder's brief, then the coder's text.

    The text is held to its language, to wholeness and to the file's contract; what is wrong is told
    to the model, which is asked again.
    """
    file = work.read("file", FileContract)
    if KEPT in work.call.inputs:
        return {CODE + file.path: work.read(KEPT)}
    if file.template:
        return {CODE + file.path: _from_template(work, file)}
    if _holds_nothing(file):
        return {CODE + file.path: ""}
    if work.session.gate_beside is not None:
        # So that it is there when the first text is, and the first calls need not wait for it.
        work.session.gate_beside.begin(after=_GATE_AFTER_SECONDS)
    project = work.read("project", ProjectFacts)
    tests = work.read("tests", ModuleTests)
    shown = work.read("context", FileContext)
    sources = work.read("sources", SourceFiles)
    around = Surroundings(
        file=file,
        neighbours=work.read("neighbours", FileIndex).files,
        texts={source.path: source.content for source in sources.files},
        dependencies=project.dependencies,
    )
    brief = await work.ask_text(
        PromptBuilderContext(
            project=project,
            file=shown.file,
            docs=shown.docs,
            schema_=shown.schema_part,
            neighbours=FileIndex(files=shown.neighbours),
            others=_known(shown.unshown),
            tests=tests,
        ),
        _require_text,
    )

    async def parse(answer: str) -> str:
        return await _text_of(work.session, answer, around)

    context = CoderContext(
        project=project,
        file=shown.file,
        brief=brief,
        schema_=shown.schema_part,
        sources=sources,
        others=_known(shown.signatures),
        tests=tests,
    )
    if PREVIOUS in work.call.inputs:
        context = with_previous(context, work.read(PREVIOUS, SourceFile))
    text = await work.ask_text(context, parse)
    return {CODE + file.path: text}


@asynccontextmanager
async def gate_beside(session: BuildSession) -> AsyncGenerator[None]:
    """Hold files to their contracts in a process of its own, while the block runs.

    It takes about a fifth of all that is computed about a file, in pieces that hold up every other
    file: worth a process where many are written at once.
    """
    async with SideProcess(FileGate(session.artifacts[VALIDATED_STRUCTURE])) as gate:
        session.gate_beside = gate
        try:
            yield
        finally:
            session.gate_beside = None


async def _text_of(session: BuildSession, answer: str, around: Surroundings) -> str:
    if session.gate_beside is None:
        return FileGate(session.artifacts[VALIDATED_STRUCTURE])(answer, around)
    try:
        return await session.gate_beside(answer, around)
    except SideProcessError as error:
        raise ValueError(
            f"{around.file.path!r} cannot be read: it {error}; write it in a simpler way"
        ) from error


def _known(offers: Iterable[Offer]) -> KnownFiles:
    return KnownFiles(
        files=tuple(KnownFile(path=offer.path, exports=offer.exports) for offer in offers)
    )


def _from_template(work: StageWork, file: FileContract) -> str:
    """Write a file that a pack serves; it is held to its contract like any other.

    Raises:
        InputError: it does not keep it, which only a structure edited by hand can bring about.
    """
    neighbours = work.read("neighbours", FileIndex)
    facts = work.read("facts", ScaffoldFacts)
    try:
        return served_text(file, facts, neighbours.files, neighbours.dependencies)
    except ValueError as error:
        raise InputError(f"{VALIDATED_STRUCTURE}: {error}") from error


def _holds_nothing(file: FileContract) -> bool:
    """A package marker needs no model."""
    return file.path.endswith("__init__.py") and not file.exports and not file.imports


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
        amended: contracts of files that are written, as those that import them were told.
        prompts: how large the prompts of each file are, by path.
        before: the files of the build that is changed, where it is known what that concerns.
        earlier: the plan of that build.
    """

    spec: CleanSpec
    schema: Schema
    docs: str
    structure: ValidatedStructure
    contracts: Mapping[str, FileContract]
    order: Mapping[str, tuple[str, ...]]
    facts: ScaffoldFacts
    amended: dict[str, FileContract] = field(default_factory=dict[str, FileContract])
    prompts: dict[str, FilePrompt] = field(default_factory=dict[str, FilePrompt])
    before: FilesBefore | None = None
    earlier: "FilePlan | None" = None

    def as_written(self, path: str, text: str) -> FileContract:
        """The contract of a file with what the written file offers beyond it."""
        if path not in self.amended:
            contract = self.contracts[path]
            self.amended[path] = amended_contract(contract, text, {}) or contract
        return self.amended[path]


def plan_files(session: BuildSession) -> FilePlan:
    """Plan stage 7 from the artifacts of the earlier stages."""
    designs = Designs.read(session.artifacts)
    baseline = session.baseline
    plan = _plan_of(designs)
    if baseline is None or not baseline.keeps_files:
        return plan
    before = FilesBefore(baseline, designs.design)
    return replace(plan, before=before, earlier=_plan_of(before.designs))


def _plan_of(designs: Designs) -> FilePlan:
    return FilePlan(
        spec=designs.spec,
        schema=designs.design.schema,
        docs=designs.design.docs,
        structure=designs.structure,
        contracts=designs.design.contracts,
        order=dependency_order(designs.structure.files),
        facts=read_facts(designs.spec, designs.structure),
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
    imported = _imported(plan, file, written)
    if _is_kept(plan, file, written):
        kept = {"file": as_text(file), KEPT: plan.before.texts[path] if plan.before else ""}
        return session.call_for(stage, file=path, inputs=kept)
    if file.template:
        return session.call_for(stage, file=path, inputs=_template_inputs(plan, file, imported))
    tests = tuple(test for test in plan.structure.tests if test.path == path)
    project = ProjectFacts(
        name=plan.spec.project_name,
        slug=plan.spec.slug,
        summary=plan.spec.summary,
        stack=plan.spec.stack,
        dependencies=plan.structure.dependencies,
    )
    planned = ModuleTests(tests=tests)
    previous = _previous(plan, path)
    material = Material(
        file=file,
        requirements=frozenset({*file.requirements, *(test.requirement for test in tests)}),
        docs=plan.docs,
        schema=plan.schema,
        imported=imported,
        texts=written,
        contracts=plan.contracts,
        beside=as_text(project) + as_text(planned) + (as_text(previous) if previous else ""),
    )
    shown = file_context(material, session.settings.calls.file_prompt_tokens, likely_tokens)
    plan.prompts[path] = FilePrompt(path=path, tokens=shown.tokens, cut=shown.cut)
    sources = (SourceFile(path=other, content=written[other]) for other in shown.sources)
    inputs: dict[str, BaseModel] = {
        "project": project,
        "file": file,
        "context": shown,
        "neighbours": FileIndex(files=tuple(map(outline, imported))),
        "sources": SourceFiles(files=tuple(sources)),
        "tests": planned,
    }
    if previous:
        inputs[PREVIOUS] = previous
    return session.call_for(
        stage, file=path, inputs={name: as_text(value) for name, value in inputs.items()}
    )


def _imported(plan: FilePlan, file: FileContract, written: Mapping[str, str]) -> list[FileContract]:
    """The files that a file imports, as they are written, or else as they are promised."""
    return [
        plan.as_written(other, written[other]) if other in written else plan.contracts[other]
        for other in dict.fromkeys(item.path for item in file.imports)
        if other in plan.contracts and other != file.path
    ]


def _is_kept(plan: FilePlan, file: FileContract, written: Mapping[str, str]) -> bool:
    """Whether a file stays as it is in the build that is changed."""
    before, old = plan.before, plan.earlier
    if before is None or old is None or not before.has(file.path):
        return False
    if not file.template:
        return before.is_kept(file.path, written)
    earlier = old.contracts.get(file.path)
    if earlier is None:
        return False
    imported = _imported(old, earlier, before.texts)
    now = _template_inputs(plan, file, _imported(plan, file, written))
    return now == _template_inputs(old, earlier, imported)


def _previous(plan: FilePlan, path: str) -> SourceFile | None:
    """A file that is written again, as it is in the build that is changed."""
    before = plan.before
    if before is None or not before.has(path) or not before.texts[path]:
        return None
    return SourceFile(path=path, content=before.texts[path])


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


def file_prompts(session: BuildSession, plan: FilePlan, refused: Mapping[str, str]) -> FilePrompts:
    """What the prompts of all files held, the contracts that were amended, and who is not there.

    Args:
        session: the build.
        plan: whose files were all asked for.
        refused: why no answer was accepted, by path, of the files that are left empty.
    """
    files: list[FilePrompt] = []
    for path in plan.order:
        prompt = plan.prompts.get(path, FilePrompt(path=path))
        amended = plan.amended.get(path, plan.contracts[path])
        found: dict[str, object] = {
            "amended": amended if amended != plan.contracts[path] else None,
            "refused": refused.get(path, ""),
        }
        files.append(prompt.model_copy(update=found))
    return FilePrompts(budget=session.settings.calls.file_prompt_tokens, files=tuple(files))


async def commit_files(session: BuildSession, plan: FilePlan, written: Mapping[str, str]) -> str:
    """Commit the written files, one commit a file in the plan's order.

    The history is a function of the texts alone: written again, it has the same commit ids.

    Returns:
        The id of the last commit.
    """
    baseline = session.baseline
    before = None if baseline is None else baseline.files
    commits = file_commits(plan.structure, written, plan.order, before)
    parent = None if baseline is None else baseline.published.commit
    written_ids = await write_history(session.repository, commits, branch=BRANCH, parent=parent)
    return written_ids[-1]
