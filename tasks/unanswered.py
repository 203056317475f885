"""Answers for people who did not, where a suspended build waited for its time.

Prefect fails a run that stays suspended for longer than it may, and its own resuming sends no
input. So a build is suspended for `GRACE_SECONDS` longer than a person has, and is given within
this time what stands for nobody's answer, which its form says.
"""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

from prefect import task
from prefect.artifacts import acreate_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateName,
)
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import SetStateStatus
from prefect.client.schemas.sorting import FlowRunSort
from prefect.input.actions import (
    acreate_flow_run_input,
    adelete_flow_run_input,
    aread_flow_run_input,
)

from core.errors import AppBuilderError

GRACE_SECONDS = 86_400
"""How long whoever answers for people may be late, or away, until Prefect fails the build."""

UNATTENDED = "unattended"
"""Key in a form's JSON Schema: what stands for nobody's answer."""

TABLE_KEY = "answered-for-people"
"""Key of the artifact by which Prefect's UI shows for whom was answered."""

_BUILDS = "build-app"
_PAGE = 200


@task(name="answer for people", cache_policy=NO_CACHE)
async def answer_overdue() -> tuple[str, ...]:
    """Answer for everybody whose time is up.

    Returns:
        Ids of the runs that were resumed.

    Raises:
        AppBuilderError: some could not be answered for; the others were.
    """
    resumed: list[FlowRun] = []
    problems: list[str] = []
    async with get_client() as client:
        for run in await overdue_runs(client, datetime.now(UTC)):
            try:
                if await answer_unattended(client, run):
                    resumed.append(run)
            except AppBuilderError as error:
                problems.append(str(error))
    if resumed:
        await acreate_table_artifact(
            key=TABLE_KEY,
            table=[{"build": run.name, "run": str(run.id)} for run in resumed],
            description="Builds whose questions nobody answered in time",
        )
    if problems:
        raise AppBuilderError("; ".join(problems))
    return tuple(str(run.id) for run in resumed)


async def overdue_runs(client: PrefectClient, now: datetime) -> list[FlowRun]:
    """Suspended builds whose time for an answer is up, and which can still be resumed."""
    latest = now + timedelta(seconds=GRACE_SECONDS)
    return [
        run
        async for run in _suspended(client)
        if run.state is not None
        and (until := run.state.state_details.pause_timeout) is not None
        and now < until <= latest
    ]


async def _suspended(client: PrefectClient) -> AsyncGenerator[FlowRun]:
    offset = 0
    while True:
        page = await client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[_BUILDS])),
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(name=FlowRunFilterStateName(any_=["Suspended"]))
            ),
            sort=FlowRunSort.EXPECTED_START_TIME_ASC,
            limit=_PAGE,
            offset=offset,
        )
        for run in page:
            yield run
        if len(page) < _PAGE:
            return
        offset += _PAGE


async def answer_unattended(client: PrefectClient, run: FlowRun) -> bool:
    """Resume a run with what its form says for nobody's answer.

    The run finds a note beside the answer, by which it knows that no person gave it.

    Returns:
        Whether it did; not where a person answered at the same moment.

    Raises:
        AppBuilderError: the run waits for no form, or the server refuses the answer.
    """
    keyset = run.state.state_details.run_input_keyset if run.state else None
    schema = await aread_flow_run_input(keyset["schema"], run.id) if keyset else None
    if not keyset or schema is None:
        raise AppBuilderError(
            f"the run {run.name!r} ({run.id}) waits without a form; resume or cancel it in the UI"
        )
    note = note_of(keyset["response"])
    if await aread_flow_run_input(note, run.id) is None:
        await acreate_flow_run_input(note, datetime.now(UTC).isoformat(), run.id)
    result = await client.resume_flow_run(run.id, run_input=schema.get(UNATTENDED, {}))
    if result.status is SetStateStatus.ACCEPT:
        return True
    await adelete_flow_run_input(note, run.id)
    if result.status is SetStateStatus.ABORT:  # it is not paused any more
        return False
    reason = getattr(result.details, "reason", None) or "no reason is told"
    raise AppBuilderError(f"the run {run.name!r} ({run.id}) cannot be answered for: {reason}")


def note_of(response_key: str) -> str:
    """Key of the note that no person gave an answer, by the key of that answer."""
    return f"{response_key}-{UNATTENDED}"
