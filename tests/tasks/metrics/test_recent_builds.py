"""Which builds have series of their own."""

from datetime import timedelta

from providers.storage.ledger_forgetting import FORGOTTEN
from tasks.metrics.recent_builds import RecentBuilds
from tests.tasks.metrics.ended_calls import NOON, ended_call


def test_the_newest_are_remembered_and_never_too_many() -> None:
    builds = RecentBuilds(days=7, most=2)
    for build in ("b-1", "b-2", "b-1", "b-3"):
        builds.heard(ended_call(build_id=build, project_id=f"of {build}"))
    assert builds.ids(NOON) == ["b-1", "b-3"]
    assert builds.labels("b-3") == ("b-3", "of b-3", "ann")


def test_old_ones_are_forgotten() -> None:
    builds = RecentBuilds(days=7, most=10)
    builds.heard(ended_call(build_id="old", started_at=NOON - timedelta(days=8)))
    builds.heard(ended_call(build_id="new", started_at=NOON - timedelta(days=6)))
    assert builds.ids(NOON) == ["new"]
    assert builds.ids(NOON + timedelta(days=2)) == []


def test_builds_of_deleted_projects_have_no_series() -> None:
    builds = RecentBuilds(days=7, most=10)
    builds.heard(ended_call(build_id=f"{FORGOTTEN}-0123456789", project_id=FORGOTTEN))
    assert builds.ids(NOON) == []


def test_none_may_be_wanted() -> None:
    builds = RecentBuilds(days=7, most=0)
    builds.heard(ended_call())
    assert builds.ids(NOON) == []
