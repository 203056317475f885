"""Which failures of a stage another attempt is made after: each has one owner."""

from typing import Any, cast

import pytest
from prefect import Task
from prefect.client.schemas.objects import State, TaskRun
from prefect.states import Failed

from core.errors import (
    AnswerError,
    CallLimitError,
    InputError,
    ProviderBusyError,
    ProviderFailedError,
    RemoteFailedError,
    RequestRefusedError,
    SandboxError,
    StorageError,
    VersionControlError,
)
from tasks.engine.stage_runner import may_retry, perform_stage


def retried(error: BaseException) -> bool:
    state: State[Any] = Failed(data=error)
    return may_retry(cast("Task[..., Any]", perform_stage), TaskRun.model_construct(), state)


@pytest.mark.parametrize(
    "error",
    [
        ProviderFailedError("5xx"),
        AnswerError("empty"),
        StorageError("down"),
        RemoteFailedError("cut"),
        TimeoutError(),
    ],
)
def test_what_may_pass_is_tried_again(error: BaseException) -> None:
    assert retried(error)


@pytest.mark.parametrize(
    "error",
    [
        RequestRefusedError("401"),
        CallLimitError("at its maximum"),
        InputError("wrong"),
        SandboxError("none"),
        VersionControlError("git"),
        ValueError("a bug"),
    ],
)
def test_what_would_fail_in_the_same_way_is_not(error: BaseException) -> None:
    assert not retried(error)


def test_a_busy_provider_has_been_waited_for_already() -> None:
    assert not retried(ProviderBusyError("429", retry_after=3.0))
