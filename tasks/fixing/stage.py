"""Stage 7.5: tests the generated repository in the sandbox, and mends what fails."""

from functools import partial

from codegen.debugging import is_of_machine, label_of
from core.artifacts.file_prompts import FilePrompts
from core.artifacts.fixes import Fixes, FixStatus, Guidance
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import ValidatedStructure
from core.layout import (
    CODE,
    FILE_PROMPTS,
    FIXES,
    GUIDANCE,
    SPECS_CLEAN,
    TESTS_REPORT,
    VALIDATED_STRUCTURE,
)
from prompts.contexts import ProjectFacts
from tasks.engine.code_digest import code_digest
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork
from tasks.fixing.journal import Journal, open_journal
from tasks.fixing.loop import Course, FixLoop
from tasks.fixing.question import Debugger
from tasks.fixing.workbench import Workbench


async def test_and_fix(work: StageWork) -> Outputs:
    """Test the working tree and mend it; what stays red is a result, which goes to review.

    So is a planned acceptance test that did not run: without it, nothing shows that the
    requirement is met. So is a file that no model wrote acceptably, as long as no fix writes it.
    """
    structure = work.read(VALIDATED_STRUCTURE, ValidatedStructure)
    guidance = _guidance(work)
    start = work.read(CODE)
    journal = await _journal(work, start)
    refused = work.read(FILE_PROMPTS, FilePrompts).refused
    bench = Workbench(work.session, structure, journal, refused)
    debugger = Debugger(work, _project(work, structure), structure)
    told = partial(work.session.recorder.fix_attempted, work.stage)
    loop = FixLoop(bench, debugger, journal, work.session.settings.fixing, told)
    course = await loop.run(start, guidance)
    await journal.finish()
    return _outputs(course, start, guidance)


def _guidance(work: StageWork) -> tuple[str, ...]:
    text = work.call.inputs.get(GUIDANCE)
    return () if text is None else Guidance.model_validate_json(text).rounds


async def _journal(work: StageWork, start: str) -> Journal:
    session = work.session
    return await open_journal(
        session.store,
        session.build_id,
        start=start,
        identity=f"{code_digest()}#{session.salt(work.stage)}",
        flow_run_id=session.recorder.record.flow_run_id,
    )


def _project(work: StageWork, structure: ValidatedStructure) -> ProjectFacts:
    spec = work.read(SPECS_CLEAN, CleanSpec)
    return ProjectFacts(
        name=spec.project_name,
        slug=spec.slug,
        summary=spec.summary,
        stack=spec.stack,
        dependencies=structure.dependencies,
    )


def _outputs(course: Course, start: str, guidance: tuple[str, ...]) -> Outputs:
    best = course.state
    report = best.run.report.model_copy(update={"commit": best.commit})
    outputs: Outputs = {CODE: best.commit, TESTS_REPORT: report}
    if best.commit != start:  # all files, since those that are not written are removed
        outputs |= {CODE + path: text for path, text in best.texts.items()}
    outputs[FIXES] = _fixes(course, start, guidance)
    return outputs


def _fixes(course: Course, start: str, guidance: tuple[str, ...]) -> Fixes:
    return Fixes(
        status=_status(course),
        stopped=course.stopped,
        start=start,
        commit=course.state.commit,
        attempts=tuple(course.attempts),
        beyond=tuple(
            f"{label_of(failure)}: {' '.join(failure.reasons)}"
            for failure in course.state.run.failures
            if is_of_machine(failure)
        ),
        guidance=guidance,
    )


def _status(course: Course) -> FixStatus:
    if course.state.run.green:
        return "mended" if course.attempts else "not-needed"
    return "given-up" if course.attempts else "not-tried"
