"""Shows the plan of a build in the Prefect UI, before the build begins."""

from prefect.artifacts import acreate_markdown_artifact

from tasks.engine.plan import BuildPlan
from tasks.engine.plan_text import plan_page


async def show_plan(plan: BuildPlan) -> None:
    """Show a plan as a page of its own, beside the documents of the build."""
    prepared = plan.prepared
    told = f"lan of {prepared.questionnaire.project_name}"
    await acreate_markdown_artifact(
        key=f"plan-{prepared.build_id}",
        markdown=plan_page(plan),
        description=f"Demo model: p{told}" if prepared.demo else f"P{told}",
    )
