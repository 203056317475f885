"""The flow `build-app`: a questionnaire becomes a tested Git repository."""

from prefect import flow

from core.artifacts.build_record import BuildRecord
from core.artifacts.questionnaire import Questionnaire
from core.options import BuildOptions
from flows.asking import run_and_ask
from flows.termination import cancelled_by_sigterm
from tasks.engine.open_build import open_build


@flow(name="build-app", flow_run_name="{questionnaire.project_name}")
async def build_app(
    questionnaire: Questionnaire, options: BuildOptions = BuildOptions()
) -> BuildRecord:
    """Build an application from a questionnaire.

    The stages run in the order of the stage table, each fed by the artifacts of earlier ones.
    Started again with the same answers, a build goes on where it stopped.

    Args:
        questionnaire: What should be built.
        options: How to build it. All may be left alone; those at the end are for experts.
    """
    with cancelled_by_sigterm():
        return await _build(questionnaire, options)


async def _build(questionnaire: Questionnaire, options: BuildOptions) -> BuildRecord:
    async with open_build(questionnaire, options) as session:
        for stage in session.table.stages:
            await run_and_ask(session, stage)
    return session.recorder.record
