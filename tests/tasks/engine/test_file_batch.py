"""One file of a batch: its kept result, and the attempts that it has."""

from collections import deque
from pathlib import Path

import httpx
import pytest
from prefect import flow
from prefect.results import ResultStore
from prefect.serializers import JSONSerializer

from core.errors import ProviderFailedError, StageFailedError, StorageError
from core.layout import DOCS, SPECS_CLEAN
from tasks.engine.build_session import BuildSession, session_opened
from tasks.engine.file_batch import perform_file
from tasks.engine.kept_results import KeptResults
from tasks.engine.result_storage import saved_result_storage
from tasks.engine.stage_call import StageCall, StageResult, as_text
from tests.codegen.structures import SPEC
from tests.tasks.sessions import completion, open_session

DOCUMENT = "# T\n\n### FR-1: a\n\n### FR-2: b\n\n### Task\n\n### Project\n"
CALL = StageCall(
    stage="2",
    name="2 docs-creator README.md",
    file="README.md",
    inputs={SPECS_CLEAN: as_text(SPEC)},
)

pytestmark = pytest.mark.usefixtures("prefect_server")


class FailingModel:
    """Answers with these statuses, and then with the document."""

    def __init__(self, *statuses: int) -> None:
        self._statuses = deque(statuses)
        self.asked = 0

    def __call__(self, _request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self._statuses:
            return httpx.Response(self._statuses.popleft(), json={"error": {"message": "no"}})
        return httpx.Response(200, json=completion(DOCUMENT, "test"))


async def opened(folder: Path, model: FailingModel) -> BuildSession:
    session = open_session(folder, model)
    session.results = await saved_result_storage(session.store.url)
    return session


async def performed(session: BuildSession) -> StageResult:
    stage = session.table["2"].model_copy(update={"retry_delays": (0.0, 0.01)})

    @flow
    async def run() -> StageResult:
        with session_opened(session):
            return await perform_file(session, stage, CALL, KeptResults(session.results))

    return await run()


async def test_a_model_that_recovers_is_asked_as_often_as_the_row_says(tmp_path: Path) -> None:
    model = FailingModel(500, 500)
    session = await opened(tmp_path, model)
    result = await performed(session)
    assert result.outputs[DOCS].startswith("# T")
    assert model.asked == session.attempts[CALL.name] == 3

    again = await performed(await opened(tmp_path, model))
    assert again == result
    assert model.asked == 3, "what is kept is not asked for"


@pytest.mark.parametrize(
    ("statuses", "attempts", "cause"),
    [((500,) * 3, 3, ProviderFailedError), ((401,), 1, None)],
    ids=["stays broken", "refused"],
)
async def test_a_file_that_fails_is_named_with_its_attempts(
    tmp_path: Path, statuses: tuple[int, ...], attempts: int, cause: type[Exception] | None
) -> None:
    model = FailingModel(*statuses)
    with pytest.raises(StageFailedError, match=r"README\.md: ") as failed:
        await performed(await opened(tmp_path, model))
    assert (failed.value.stage, failed.value.attempts) == ("2", attempts)
    assert model.asked == attempts
    assert cause is None or failed.value.cause == cause.__name__


async def test_a_kept_result_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    session = await opened(tmp_path, FailingModel())
    results = KeptResults(session.results)
    await session.results.write_path(CALL.result_key, b"not a record")
    assert await results.find(CALL, CALL.result_key) is None
    await results.keep(CALL.result_key, StageResult(outputs={DOCS: DOCUMENT}))
    assert await results.find(CALL, CALL.result_key) == StageResult(outputs={DOCS: DOCUMENT})


async def test_a_store_that_fails_is_no_missing_result(tmp_path: Path) -> None:
    session = await opened(tmp_path, FailingModel())
    place = tmp_path / "store" / "cache" / "results" / CALL.result_key
    place.mkdir(parents=True)
    (place / "inside").touch()
    with pytest.raises(StorageError):
        await KeptResults(session.results).keep(CALL.result_key, StageResult())


async def test_a_kept_result_of_another_kind_is_told_with_where_to_redo_it(tmp_path: Path) -> None:
    session = await opened(tmp_path, FailingModel())
    other = ResultStore(result_storage=session.results, serializer=JSONSerializer())
    await other.awrite("text", key=CALL.result_key)
    with pytest.raises(StorageError, match="is a str, not a StageResult; redo it with"):
        await KeptResults(session.results).find(CALL, CALL.result_key)
