"""What a person is shown who approves a structure: all of it, and what writing it will cost."""

from dataclasses import replace

from codegen.structure_page import structure_page
from core.artifacts.structure import ValidatedStructure
from core.layout import VALIDATED_STRUCTURE
from tasks.engine import console
from tasks.engine.build_session import BuildSession
from tasks.engine.plan import BuildPlan, make_plan
from tasks.engine.plan_text import cost_line, cost_section


async def show_structure(session: BuildSession) -> str:
    """Show the structure as a page of its own.

    Returns:
        What the rest of the build is expected to cost, in a sentence.

    Raises:
        StorageError: the store or the ledger failed.
    """
    structure = ValidatedStructure.model_validate_json(session.artifacts[VALIDATED_STRUCTURE])
    plan = await _plan_of_rest(session)
    spent = session.recorder.record.totals.cost_usd
    page = structure_page(session.questionnaire.project_name, structure, cost_section(plan, spent))
    await console.show_page(session, "structure", page)
    return cost_line(plan, spent)


async def _plan_of_rest(session: BuildSession) -> BuildPlan:
    """The plan of the build as it stands: what is done is kept, and costs nothing."""
    options = session.options.model_copy(update={"from_stage": ""})
    return await make_plan(
        session.settings, replace(session.prepared, options=options), session.store
    )
