"""What people decided while a build ran, so that the same is never asked twice."""

from pydantic import Field, JsonValue

from core.artifacts.base import Artifact, Part


class Decision(Part):
    """What one question of a build came to."""

    question: str = Field(description="What was asked, in a sentence.")
    answer: dict[str, JsonValue] = Field(
        default_factory=dict[str, JsonValue],
        description="The form's fields, as they were filled in.",
    )
    attended: bool = Field(
        default=True, description="Whether a person answered; else what stands for nobody's answer."
    )
    decided_at: str = Field(default="", description="ISO 8601, UTC.")
    flow_run_id: str = Field(default="", description="The run of Prefect's that asked.")


class Decisions(Artifact):
    """`decisions.json`: every question of a build that was answered, beside its record."""

    decisions: dict[str, Decision] = Field(
        default_factory=dict[str, Decision], description="By the name of the question."
    )
