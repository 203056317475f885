"""Options of one build; in the UI they follow the questionnaire."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

MAX_PARAMETERS = 524_288
"""Bytes of JSON that Prefect takes as a run's parameters: the questionnaire and the options."""


AUTO_BASELINE = "auto"
NO_BASELINE = "none"
"""Values of the option `baseline` that are not a build's id; no build is called so."""


class Publisher(StrEnum):
    """Where the repository of a build is published."""

    LOCAL = "local"
    GITHUB = "github"
    NONE = "none"


class BuildOptions(BaseModel):
    """How to build; every option may be left alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interactive: bool = Field(
        default=False,
        title="Ask me",
        description="Ask me what is unclear, what to do when a limit of money is reached, and how "
        "to go on when the tests cannot be made to pass. Without, the builder assumes and goes on, "
        "or halts.",
        json_schema_extra={"position": 1},
    )
    approve_structure: bool = Field(
        default=False,
        title="Show me the structure first",
        description="Write no code before I approved the files, the tests and the expected cost.",
        json_schema_extra={"position": 2},
    )
    publisher: Publisher = Field(
        default=Publisher.LOCAL,
        title="Publish to",
        description="local: a repository on the worker's own disk. github: a repository on GitHub. "
        "none: nowhere; the files are in the artifact store.",
        json_schema_extra={"position": 3},
    )
    repository_name: str = Field(
        default="",
        pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?$",
        max_length=100,
        title="Repository name",
        description="Of the repository on GitHub. Left empty, it is the project id.",
        json_schema_extra={"position": 4},
    )
    project_id: str = Field(
        default="",
        pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?$",
        max_length=50,
        title="Project id",
        description="Names the product over its life. Left empty, it follows the project's name.",
        json_schema_extra={"position": 5},
    )
    user: str = Field(
        default="",
        max_length=100,
        title="User",
        description="Who it is built for. Left empty: the operator.",
        json_schema_extra={"position": 6},
    )
    baseline: str = Field(
        default=AUTO_BASELINE,
        pattern=r"^(auto|none|[a-z0-9]+(-[a-z0-9]+)*)$",
        max_length=80,
        title="Begin from",
        description="auto: the project's last published build, of which only what changed is "
        "asked again. none: nothing. Or the id of a published build of the project.",
        json_schema_extra={"position": 7},
    )
    models: dict[str, str] = Field(
        default_factory=dict,
        title="Models",
        description="Advanced. "
        'Other models for some stages, for example {"3": "deepseek/deepseek-v3"}; '
        "all stands for every stage not named.",
        json_schema_extra={"position": 8},
    )
    fresh: str = Field(
        default="",
        max_length=60,
        title="Fresh build",
        description="Advanced. "
        "Any text makes a new build of the same answers; the same text resumes it.",
        json_schema_extra={"position": 9},
    )
    from_stage: str = Field(
        default="",
        max_length=5,
        title="Redo from stage",
        description="Advanced. Ask this stage and all later ones again, for example 3.",
        json_schema_extra={"position": 10},
    )
    use: dict[str, str] = Field(
        default_factory=dict,
        title="Edited artifacts",
        description="Advanced. "
        "Replace artifacts by hand: from a path such as specs/schema.json to its text.",
        json_schema_extra={"position": 11},
    )
    response_cache: bool = Field(
        default=True,
        title="Response cache",
        description="Advanced. "
        "Take answers that another build got to the same question a short while ago.",
        json_schema_extra={"position": 12},
    )
