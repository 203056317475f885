"""The automations that tell of trouble, fired by real builds and a provider that went away."""

import json

import pytest

from tests.real_metrics.conftest import Watched
from tests.real_metrics.prometheus import wait_until
from tests.real_metrics.story import POOR, SHARE

pytestmark = pytest.mark.timeout(1_800)


def alerts(watched: Watched, subject: str) -> list[str]:
    """The texts that were sent under a subject; it is waited for the first."""

    def texts() -> list[str]:
        sent = [json.loads(body)["text"] for body in list(watched.alerts)]
        return [text for text in sent if text.startswith(f"{subject}\n")]

    wait_until(f"an alert {subject!r}", lambda: bool(texts()), 120)
    return texts()


def test_a_provider_that_is_down_is_told_once(watched: Watched) -> None:
    (told,) = alerts(watched, "A model provider is down")
    assert "app-build.provider.local does not answer" in told


def test_three_builds_that_failed_are_told(watched: Watched) -> None:
    (told,) = alerts(watched, "Three builds failed within an hour")
    assert "The last one is poor-" in told
    assert ", stage 1: " in told
    assert f"{watched.stack.url}/runs/flow-run/" in told


def test_a_budget_that_is_nearly_used_is_told_once(watched: Watched) -> None:
    code, said = watched.story.dear
    assert code == 0, said
    limit = watched.story.outcome.cost_usd / SHARE
    told = [text for text in alerts(watched, "A budget is nearly used") if "build dear-" in text]
    assert len(told) == 1
    assert f"of ${limit:.2f}." in told[0]


def test_a_build_that_its_limit_halted_is_told(watched: Watched) -> None:
    code, said = watched.story.halted
    assert code == 1
    assert "APP_BUILDER_SPENDING__PER_BUILD_USD" in said
    told, *others = alerts(watched, "A limit halted a build")
    assert len(others) == POOR
    assert "halted-" in told
    assert "APP_BUILDER_SPENDING__PER_BUILD_USD" in told
