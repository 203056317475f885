"""Sessions whose models are scripted at the transport: all else is the real thing."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx
from pydantic import BaseModel

from core.artifacts.build_record import BuildRecord
from core.artifacts.questionnaire import Questionnaire
from core.options import BuildOptions
from core.progress import SilentListener
from core.settings import Settings
from providers.llm.asker import Asker
from providers.llm.catalogue import load_catalogue, read_catalogue_rows
from providers.llm.checkpoints import AnswerCheckpoints
from providers.llm.http_client import HttpClient
from providers.llm.pool import ProviderPool
from providers.llm.retrying import Patience
from providers.llm.stage_router import StageRouter
from providers.sandbox.bubblewrap import BubblewrapSandbox
from providers.secrets.environment import EnvironmentSecrets
from providers.storage.artifact_store import ArtifactStore
from providers.vcs.local_publisher import LocalPublisher
from tasks.engine.build_recorder import BuildRecorder
from tasks.engine.build_session import BuildSession
from tasks.engine.preparation import PreparedBuild, load_table
from tasks.engine.result_storage import ArtifactStoreResults
from tasks.engine.secret_sources import secret_chain
from tasks.engine.stage_call import StageCall, as_text
from tasks.engine.stage_work import StageWork
from tests.providers.llm.callers import model_caller
from tests.providers.storage.ledgers import ledger_in

ANSWERS = Questionnaire(project_name="Task Tracker", summary="Keeps tasks.")
VARIABLES = {"LOCAL_LLM_BASE_URL": "http://models.test/v1"}
SECRETS = EnvironmentSecrets(VARIABLES)

Asked = Callable[[dict[str, Any]], str]


class ScriptedModel:
    """Answers chat completions in the order given, and keeps what it was asked.

    Attributes:
        asked: bodies of the requests, in order.
    """

    def __init__(self, answers: Iterable[str | BaseModel | Asked]) -> None:
        self._answers = iter(answers)
        self.asked: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.asked.append(body)
        answer = next(self._answers)
        if callable(answer):
            text = answer(body)
        else:
            text = answer if isinstance(answer, str) else answer.model_dump_json()
        return httpx.Response(200, json=completion(text, body["model"]))


def completion(text: str, model: str) -> dict[str, Any]:
    """A chat completion as servers answer it."""
    return {
        "id": "x",
        "object": "chat.completion",
        "model": model,
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": text},
            }
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }


def open_session(
    folder: Path,
    model: Callable[[httpx.Request], httpx.Response] | str,
    *,
    options: BuildOptions | None = None,
    questionnaire: Questionnaire = ANSWERS,
    client: HttpClient | None = None,
    patience: Patience | None = None,
) -> BuildSession:
    """A session in which every stage asks the model `local/test`.

    Args:
        folder: where everything is kept.
        model: answers requests; or the base URL of a server that does.
        options: of the build.
        questionnaire: what is built.
        client: asks the server; the caller closes it.
        patience: with a busy server.
    """
    variables = {**VARIABLES, "LOCAL_LLM_BASE_URL": model} if isinstance(model, str) else VARIABLES
    if not isinstance(model, str):
        client = HttpClient(transport=httpx.MockTransport(model))
    catalogue = load_catalogue(read_catalogue_rows(), variables.get)
    table = load_table(SECRETS)
    overrides = dict.fromkeys(table.templates(), "local/test")
    table = table.with_models(overrides, catalogue.names)
    ledger = ledger_in(folder / "ledger.db")
    store = ArtifactStore(f"file://{folder / 'store'}")
    record = BuildRecord(build_id="b-1", project_id="b", project_name="Task Tracker", user="u")
    pool = ProviderPool(catalogue, SECRETS, client=client)
    settings = Settings(home=folder)
    prepared = PreparedBuild(
        questionnaire=questionnaire,
        options=options or BuildOptions(),
        build_id="b-1",
        project_id="b",
        user="u",
        table=table,
        chosen={},
        catalogue=catalogue,
        router=StageRouter(table, catalogue, SECRETS, "disabled", overridden=overrides.keys()),
        secrets=secret_chain(settings, catalogue, SECRETS),
    )
    return BuildSession(
        settings=settings,
        questionnaire=questionnaire,
        options=prepared.options,
        build_id=prepared.build_id,
        project_id=prepared.project_id,
        user=prepared.user,
        table=table,
        router=prepared.router,
        prepared=prepared,
        asker=Asker(
            pool,
            AnswerCheckpoints(store),
            model_caller(pool, ledger, catalogue, patience=patience),
        ),
        store=store,
        recorder=BuildRecorder(store, ledger, record, SilentListener()),
        results=ArtifactStoreResults(url=store.url),
        sandbox=BubblewrapSandbox(),
        publisher=LocalPublisher(folder / "repositories"),
        workspace=folder / "work",
    )


def work_on(
    session: BuildSession,
    stage: str,
    inputs: Mapping[str, str | BaseModel],
    *,
    edits: Mapping[str, str] | None = None,
    file: str = "",
) -> StageWork:
    """An attempt at a stage that reads these inputs."""
    call = StageCall(
        stage=stage,
        name=stage,
        file=file,
        inputs={name: as_text(value) for name, value in inputs.items()},
        edits=dict(edits or {}),
    )
    return StageWork(session, call)
