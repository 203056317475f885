"""Which builds may go: by age and by number, and never one that anybody still needs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from core.artifacts.build_record import BuildRecord, BuildStatus
from tasks.retention.builds import FoundBuild

DAYS = 90
KEEP = 5
"""What is kept where nobody says anything else."""

_PUBLISHED = (BuildStatus.COMPLETED, BuildStatus.REVIEW)
_ENDS = {
    BuildStatus.FAILED: "failed",
    BuildStatus.CANCELLED: "was cancelled",
    BuildStatus.INTERRUPTED: "was interrupted",
}


class RetentionPolicy(BaseModel):
    """What is kept of each project at the least.

    Attributes:
        days: a build is kept for so many days after its last run ended.
        keep: so many published builds of each project are kept, however old; the newest.
    """

    model_config = ConfigDict(frozen=True)

    days: int = Field(ge=0)
    keep: int = Field(ge=1)


class Verdict(BaseModel):
    """Whether a build goes, and why.

    Attributes:
        build_id, project_id: the build.
        goes: whether it is removed.
        reason: why it goes or stays, in a few words.
        ended_at: when its last run ended, UTC; `None` where that is not known.
    """

    model_config = ConfigDict(frozen=True)

    build_id: str
    project_id: str
    goes: bool
    reason: str
    ended_at: datetime | None = None


def judge(
    builds: Sequence[FoundBuild],
    policy: RetentionPolicy,
    *,
    needed: Mapping[str, str],
    now: datetime,
) -> tuple[Verdict, ...]:
    """Judge every build.

    Args:
        builds: all there are.
        policy: what is kept at the least.
        needed: builds that the next one of their project goes on from, each with the reason.
        now: the time, UTC.
    """
    ranks = _ranks(builds)

    def reason_to_stay(build: FoundBuild) -> str:
        return (
            _state(build)
            or needed.get(build.build_id, "")
            or _place(ranks[build.build_id], policy)
            or _age(build, policy, now)
        )

    return tuple(_verdict(build, reason_to_stay(build), policy) for build in builds)


def still_may_go(build: FoundBuild, judged: Verdict) -> bool:
    """Whether nothing has happened to a build since it was judged; ask while it is held."""
    return not _state(build) and build.ended_at == judged.ended_at


def _verdict(build: FoundBuild, stays: str, policy: RetentionPolicy) -> Verdict:
    removing = bool(build.record and build.record.status is BuildStatus.REMOVING)
    goes = "its removal had begun" if removing else f"it ended more than {policy.days} days ago"
    return Verdict(
        build_id=build.build_id,
        project_id=build.project_id,
        goes=not stays,
        reason=stays or goes,
        ended_at=build.ended_at,
    )


def _ranks(builds: Sequence[FoundBuild]) -> dict[str, int]:
    """Which newest published build of its project each is, from 1; 0 for those being removed."""
    ranks: defaultdict[str, int] = defaultdict(int)
    counted: defaultdict[str, int] = defaultdict(int)
    ended = [(build.ended_at, build) for build in builds if _is_published(build.record)]
    known = [(moment, build.build_id, build) for moment, build in ended if moment is not None]
    for _, _, build in sorted(known, key=lambda each: each[:2], reverse=True):
        counted[build.project_id] += 1
        ranks[build.build_id] = counted[build.project_id]
    return ranks


def _is_published(record: BuildRecord | None) -> bool:
    return record is not None and record.status in _PUBLISHED and bool(record.repository)


def _state(build: FoundBuild) -> str:
    """Why a build stays whatever the policy says; empty where it has ended and was published."""
    if build.record is None:
        return build.problem
    status = build.record.status
    if status is BuildStatus.REMOVING or (_is_published(build.record) and build.ended_at):
        return ""
    if status is BuildStatus.WAITING:
        return "it is suspended, and waits for a decision"
    if status in _PUBLISHED:
        return "it was not published"
    if status is BuildStatus.RUNNING:
        return "it is running, or was killed"
    return f"it did not get to its end: it {_ENDS[status]}"


def _place(rank: int, policy: RetentionPolicy) -> str:
    if not 0 < rank <= policy.keep:
        return ""
    if policy.keep == 1 or rank == 1:
        return "it is the newest published build of its project"
    return f"it is among the {policy.keep} newest published builds of its project"


def _age(build: FoundBuild, policy: RetentionPolicy, now: datetime) -> str:
    if build.record and build.record.status is BuildStatus.REMOVING:
        return ""
    ended = build.ended_at
    young = ended is None or now - ended < timedelta(days=policy.days)
    return f"it ended less than {policy.days} days ago" if young else ""
