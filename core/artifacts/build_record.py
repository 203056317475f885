"""The build record: `build.json`, the state of one build as operators and services read it."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from core.artifacts.base import Artifact, Part


class StageStatus(StrEnum):
    """Where a stage stands."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class BuildStatus(StrEnum):
    """Where a build stands.

    `review` is built, but not verified green; `waiting` goes on when a person has decided;
    `cancelled` was stopped on request, `interrupted` because its process was told to end; of one
    that is `removing`, retention has begun to take everything away.
    """

    RUNNING = "running"
    WAITING = "waiting"
    COMPLETED = "completed"
    REVIEW = "review"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    REMOVING = "removing"


class Usage(Part):
    """What model calls took.

    Of a stage, it is what its answers took, whenever the build got them: one that is kept from an
    earlier run counts with what it cost then, each time it is used; one that another build paid
    for counts with its tokens, and costs nothing. `BuildRecord.totals` has what was really spent.

    Attributes:
        calls: answers used, whether asked now or kept from an earlier run.
        from_cache: those of them that were taken from the response cache: another build asked.
        input_tokens: tokens of the prompts.
        output_tokens: tokens of the answers.
        cost_usd: US dollars.
        seconds: time spent waiting for the models, added up.
    """

    calls: int = Field(default=0, ge=0)
    from_cache: int = Field(default=0, ge=0)
    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    cost_usd: float = Field(default=0.0, ge=0)
    seconds: float = Field(default=0.0, ge=0)

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            calls=self.calls + other.calls,
            from_cache=self.from_cache + other.from_cache,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=self.cost_usd + other.cost_usd,
            seconds=self.seconds + other.seconds,
        )


class StageRecord(Part):
    """One stage of one build.

    Attributes:
        attempts: attempts made by the run that last worked on the stage; 0 when it was cached.
        cached: the result was kept from an earlier run, and no model was asked.
    """

    status: StageStatus = StageStatus.PENDING
    models: tuple[str, ...] = Field(default=(), examples=[("deepseek/deepseek-v3",)])
    artifacts: tuple[str, ...] = ()
    attempts: int = Field(default=0, ge=0)
    cached: bool = False
    usage: Usage = Usage()
    seconds: float = Field(default=0.0, ge=0)
    error: str = ""


class MadeBy(Part):
    """What made the results of a finished stage, so that they are found under another release.

    Attributes:
        release: the release.
        code: digest of its code.
        templates: digest of each template that was asked, by name.
    """

    release: str
    code: str
    templates: dict[str, str] = Field(default_factory=dict[str, str])


class BuildRecord(Artifact):
    """`build.json`: where a build stands, stage by stage."""

    build_id: str
    project_id: str
    project_name: str
    user: str
    baseline: str = Field(default="", description="The build that it changes, if it does.")
    status: BuildStatus = BuildStatus.RUNNING
    demo: bool = Field(default=False, description="A demo model wrote it, not a real one.")
    current_stage: str = ""
    failed_at: str | None = None
    stages: dict[str, StageRecord] = Field(default_factory=dict)
    totals: Usage = Field(
        default=Usage(),
        description="All model calls made for this build over its life, failed ones included.",
    )
    edited: tuple[str, ...] = Field(default=(), description="Artifacts a person replaced by hand.")
    repository: str = Field(default="", description="Where the repository can be cloned from.")
    branch: str = ""
    pull_request: str = Field(default="", description="Address of the pull request, if any.")
    commit: str = ""
    test_status: Literal["", "green", "red", "not-run"] = ""
    test_reason: str = Field(default="", description="Why the tests are not green, in a sentence.")
    unwritten: dict[str, str] = Field(
        default_factory=dict,
        description="Files that no model wrote acceptably, each with what was wrong. As long as "
        "there is one, the build is for review.",
    )
    release: str = Field(default="", description="The release that began it.")
    made_by: dict[str, MadeBy] = Field(
        default_factory=dict,
        description="What made the kept results of each finished stage. Under another release they "
        "are found by it.",
    )
    flow_run_id: str = ""
    started_at: str = Field(default="", description="ISO 8601, UTC; of the last run.")
    finished_at: str = ""
