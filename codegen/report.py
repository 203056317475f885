"""Puts the report of a build together; `codegen/report_page.py` writes it as Markdown."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.artifacts.build_record import BuildRecord, StageStatus
from core.artifacts.build_report import (
    BuildReport,
    ChangeSummary,
    FileEffort,
    FileLine,
    StageLine,
)
from core.artifacts.file_prompts import FilePrompt, FilePrompts
from core.artifacts.fixes import Fixes
from core.artifacts.questionnaire import Stack
from core.artifacts.report import TestReport
from core.artifacts.specs import ClarificationHistory, CleanSpec
from core.artifacts.structure import ValidatedStructure
from core.markdown import code, plain
from core.release import release
from core.stages import StageTable


@dataclass(frozen=True)
class ReportSources:
    """What the report of a build is made of.

    Attributes:
        table: the stages, in order.
        record: how the build went.
        structure: the files that were planned.
        files: texts of those that are there, by path.
        tests: how their tests went.
        fixes: what was tried to mend them.
        asked: the stack the questionnaire asks for.
        spec: what was built instead, and what was decided because nobody said otherwise.
        prompts: what the prompts of each file held.
        change: what it changed of the build that it began from.
        asked_of_person: what was unclear, with a person's answers.
        efforts: what was asked about each file, by path.
    """

    table: StageTable
    record: BuildRecord
    structure: ValidatedStructure
    files: Mapping[str, str]
    tests: TestReport
    fixes: Fixes
    asked: Stack
    spec: CleanSpec
    prompts: FilePrompts
    change: ChangeSummary | None = None
    asked_of_person: ClarificationHistory = field(default_factory=ClarificationHistory)
    efforts: Mapping[str, FileEffort] = field(default_factory=dict[str, FileEffort])


def make_report(sources: ReportSources) -> BuildReport:
    """What was built, by which models, at what cost, and what was not verified."""
    record = sources.record
    return BuildReport(
        build_id=record.build_id,
        project_id=record.project_id,
        project_name=record.project_name,
        user=record.user,
        demo=record.demo,
        repository=record.repository,
        branch=record.branch,
        commit=record.commit,
        totals=record.totals,
        releases=_releases(record),
        decisions=(*_decisions(sources.asked, sources.spec), *_licence(sources.structure)),
        questions=sources.asked_of_person.questions if sources.asked_of_person.answers else (),
        stages=_stages(sources.table, record),
        files=_files(sources),
        tests=sources.tests,
        fixes=sources.fixes,
        unwritten=record.unwritten,
        unverified=_unverified(sources),
        issues=sources.structure.issues,
        edited=record.edited,
        change=sources.change,
    )


def _releases(record: BuildRecord) -> tuple[str, ...]:
    """The release that began the build and those that made what is kept, if they differ."""
    found = {record.release, release(), *(made.release for made in record.made_by.values())}
    found -= {""}  # begun before builds noted it
    return tuple(sorted(found)) if len(found) > 1 else ()


def _decisions(asked: Stack, spec: CleanSpec) -> tuple[str, ...]:
    """Changes of the stack, which a person most needs to know of, and then the assumptions."""
    changes = [
        f"**{info.title or name}:** {code(wanted)} was asked for, {code(planned)} was planned."
        for name, info in Stack.model_fields.items()
        if (wanted := getattr(asked, name)) != (planned := getattr(spec.stack, name))
    ]
    return (*changes, *(plain(text) for text in spec.assumptions))


def _licence(structure: ValidatedStructure) -> tuple[str, ...]:
    """A licence that nobody asked for is a person's to confirm."""
    if not any(file.path == "LICENSE" and file.template for file in structure.files):
        return ()
    return (
        f"**Licence:** {code('LICENSE')} is the MIT licence, from a template; replace it, and "
        "the manifest's word on it, where another is meant.",
    )


def _stages(table: StageTable, record: BuildRecord) -> tuple[StageLine, ...]:
    """Every stage that is through; the last one, which writes the report, is not."""
    return tuple(
        StageLine(
            number=stage.number,
            name=stage.name,
            models=done.models,
            usage=done.usage,
            attempts=done.attempts,
            seconds=done.seconds,
        )
        for stage in table.stages
        if (done := record.stages.get(stage.number)) is not None
        and done.status is StageStatus.COMPLETED
    )


def _files(sources: ReportSources) -> tuple[FileLine, ...]:
    contracts = {file.path: file for file in sources.structure.files}
    prompts = {prompt.path: prompt for prompt in sources.prompts.files}
    kept = [fix for fix in sources.fixes.attempts if fix.kept]
    lines: list[FileLine] = []
    for path, text in sorted(sources.files.items()):
        effort = sources.efforts.get(path, FileEffort())
        prompt = prompts.get(path, FilePrompt(path=path))
        lines.append(
            FileLine(
                path=path,
                characters=len(text),
                template=contracts[path].template if path in contracts else "",
                prompt_tokens=prompt.tokens,
                cut=prompt.cut,
                fixes=tuple(fix.number for fix in kept if path in fix.paths),
                **effort.model_dump(),
            )
        )
    return tuple(lines)


def _unverified(sources: ReportSources) -> tuple[str, ...]:
    tests, fixes = sources.tests, sources.fixes
    told = [*tests.unverified, *fixes.beyond, *sources.structure.notes]
    if tests.status == "not-run" and not tests.unverified:
        told.insert(0, tests.reason)
    return tuple(dict.fromkeys(told))
