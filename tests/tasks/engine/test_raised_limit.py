"""What a person let a build cost holds for its later runs, as far as the operator allows."""

from decimal import Decimal
from pathlib import Path

import pytest

from core.artifacts.decisions import Decision, Decisions
from core.layout import DECISIONS, build_prefix
from core.settings import SpendingLimits
from flows.asking_budget import Budget
from providers.storage.artifact_store import ArtifactStore
from tasks.engine.raised_limit import with_raised_limit

LIMITS = SpendingLimits(per_build_usd=Decimal(10), raised_per_build_usd=Decimal(50))


@pytest.mark.parametrize(
    ("answers", "limit"),
    [
        ({}, 10),
        ({"budget-1": Budget(action="Stop here", limit_usd=20)}, 10),
        ({"budget-1": Budget(action="Raise the limit", limit_usd=20)}, 20),
        (
            {
                "budget-1": Budget(action="Raise the limit", limit_usd=30),
                "budget-2": Budget(action="Raise the limit", limit_usd=12.5),
            },
            30,
        ),
        ({"budget-1": Budget(action="Raise the limit", limit_usd=90)}, 50),
        ({"budget-1": Budget(action="Raise the limit", limit_usd=5)}, 10),
        ({"other-1": Budget(action="Raise the limit", limit_usd=20)}, 10),
    ],
)
async def test_the_highest_raise_holds(
    tmp_path: Path, answers: dict[str, Budget], limit: int
) -> None:
    store = ArtifactStore(f"file://{tmp_path}")
    decisions = {
        name: Decision(question="More?", answer=form.model_dump(mode="json"))
        for name, form in answers.items()
    }
    await store.write_artifact(build_prefix("b-1") + DECISIONS, Decisions(decisions=decisions))
    assert (await with_raised_limit(store, "b-1", LIMITS)).per_build_usd == limit


async def test_a_build_that_asked_nothing_has_the_operators_limits(tmp_path: Path) -> None:
    store = ArtifactStore(f"file://{tmp_path}")
    assert await with_raised_limit(store, "b-1", LIMITS) == LIMITS
