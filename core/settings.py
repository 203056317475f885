"""Settings, read from the environment (and a `.env` file) once per run."""

import getpass
import os
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from core.errors import ConfigurationError
from core.setting_names import PREFIX, told, unknown_names, wrong_json
from core.settings_github import GitHubSettings

DemoMode = Literal["auto", "disabled", "forced"]
LogFormat = Literal["text", "json"]
SecretSourceName = Literal["environment", "aws", "prefect"]
SandboxKind = Literal["auto", "bubblewrap", "docker", "none"]


def _dollars(default: int, description: str) -> Any:
    return Field(default=Decimal(default), gt=0, le=1_000_000, description=description)


class CallLimits(BaseModel):
    """Hard maxima of model calls over a build's life, whatever goes wrong.

    A stage's own maximum stands in the stage table.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_file: int = Field(default=40, ge=1, description="Calls for one file of stage 7.")
    per_build: int = Field(default=10_000, ge=1, description="Calls for one build.")
    prompt_characters: int = Field(
        default=100_000, ge=1, description="Longest prompt of one call, in characters."
    )
    file_prompt_tokens: int = Field(
        default=24_000,
        ge=4_000,
        description="Most tokens of what one prompt of stage 7 shows of docs, schema and other "
        "files.",
    )


class SpendingLimits(BaseModel):
    """Limits of money; a call that could exceed one is not made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_call_usd: Decimal = _dollars(2, "Most that one call may cost, in US dollars.")
    per_build_usd: Decimal = _dollars(25, "Most that one build may cost, in US dollars.")
    raised_per_build_usd: Decimal = _dollars(
        100,
        "Most to which a person may raise the limit of one build, where it asks because it reached "
        "it; below PER_BUILD_USD nobody is asked. In US dollars.",
    )
    per_user_month_usd: Decimal = _dollars(
        250, "Most that the builds of one user may cost in a calendar month (UTC), in US dollars."
    )


class RateLimits(BaseModel):
    """Limits over time; those of providers and models stand in the catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(
        default="",
        description="Where processes share the limits: redis://host:6379/0. Empty: an SQLite file "
        "below home, shared by the processes of this machine.",
    )
    user_calls_per_minute: int | None = Field(
        default=None,
        ge=0,
        description="Calls of one user in a minute; 0 for any number. Empty: 60 where a URL is "
        "set, else any number.",
    )


class BreakerSettings(BaseModel):
    """When a model that keeps failing is left alone, and for how long."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    failures: int = Field(
        default=2,
        ge=1,
        description="Failures in a row after which a model is left alone. Below the attempts of a "
        "stage, so that the last one asks the fallback.",
    )
    cooldown_seconds: float = Field(
        default=30, gt=0, le=3_600, description="How long, before one call tries it again."
    )


class SandboxLimits(BaseModel):
    """Bounds of one run of generated code."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: float = Field(default=300, gt=0, le=3_600, description="Wall time of the test run.")
    memory_mb: int = Field(
        default=2_048, ge=128, description="Memory of all processes together, and of each, MiB."
    )
    reserve_mb: int = Field(
        default=0,
        ge=0,
        description="Memory that each process may also reserve without using it, MiB; those of "
        "Node may always reserve 16384.",
    )
    processes: int = Field(default=256, ge=8, description="Processes and threads.")
    processors: float = Field(
        default=2,
        ge=0.1,
        description="Processors that a run keeps busy at most, in Docker; in bubblewrap each of "
        "its processes gets as much processor time as the run has wall time.",
    )
    file_mb: int = Field(default=256, ge=1, description="Largest file written, MiB.")
    disk_mb: int = Field(
        default=512, ge=1, description="Space for the tree, and again for temporary files, MiB."
    )
    install_seconds: float = Field(
        default=600, gt=0, le=3_000, description="Wall time of the install."
    )
    install_disk_mb: int = Field(
        default=2_048, ge=64, description="Space that one install may take, MiB."
    )
    install_hosts: tuple[str, ...] = Field(
        default=(),
        description="Addresses an install may reach besides those of the configured package "
        'indexes, as a JSON list such as ["https://files.example"].',
    )
    gate_seconds: float = Field(
        default=180,
        gt=0,
        le=3_600,
        description="Wall time of compiling, importing and linting the whole repository.",
    )
    build_seconds: float = Field(
        default=300, gt=0, le=3_600, description="Wall time of the repository's builds."
    )
    boot_seconds: float = Field(
        default=120, gt=0, le=3_600, description="Wall time of starting its applications."
    )


class FixingLimits(BaseModel):
    """How long stage 7.5 tries to mend a repository that is not green."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    iterations: int = Field(
        default=5,
        ge=0,
        le=20,
        description="Attempts at mending; after a person's guidance as many again. 0: none.",
    )
    share: Decimal = Field(
        default=Decimal("0.25"),
        gt=0,
        le=1,
        description="Share of the build's limits of money and calls that attempts may use.",
    )
    seconds: float = Field(
        default=3_600,
        gt=0,
        le=20_000,
        description="After these seconds of a round no attempt is begun.",
    )


def signed_in_user() -> str:
    """Name of whoever runs this; `uid-<n>` where the system has no name for them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without an entry in the passwd file
        return f"uid-{os.getuid()}"


class Settings(BaseSettings):
    """Everything an operator can set; each name is `APP_BUILDER_` and the field in capitals."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        env_file=".env",
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    home: Path = Field(
        default=Path(".app-builder"),
        description="Folder for everything that is kept on this machine.",
    )
    artifact_store: str = Field(
        default="", description="fsspec URL of the artifact store; default: a folder below home."
    )
    artifact_base_url: str = Field(
        default="",
        pattern=r"^(https?://[^\s/@]+(/[^\s?#]*)?)?$",
        description="Where a browser finds the files of the artifact store, such as "
        "https://bucket.s3.eu-central-1.amazonaws.com/prefix: the UI then links artifacts there.",
    )
    ledger_url: str = Field(
        default="",
        description="SQLAlchemy URL of the usage ledger, such as postgresql+psycopg://host/name. "
        "Empty: an SQLite file below home.",
    )
    user: str = Field(default_factory=signed_in_user, description="Who builds are made for.")
    files_at_once: int = Field(
        default=4, ge=1, le=256, description="Files of stage 7 asked of models at the same time."
    )
    workflow_files: bool = Field(
        default=False,
        description="Add a workflow to each repository that runs its tests on the code host. Only "
        "templates write such files, never a model.",
    )
    demo_mode: DemoMode = Field(
        default="auto",
        validation_alias="MODEL_ROUTER_DEMO_MODE",
        description="auto: the demo model answers when no provider has what it needs, a key or for "
        "a server of one's own its base URL. disabled: it never does. forced: it always does, "
        "except where a build chooses a model by name.",
    )
    answer_seconds: int = Field(
        default=86_400,
        ge=1,
        le=2_592_000,
        description="How long a build waits for a person's answer, before what stands for nobody's "
        "answer is taken.",
    )
    response_cache_seconds: int = Field(
        default=3_600,
        ge=0,
        description="How long an answer may serve other builds; a build's own never expire.",
    )
    record_calls: bool = Field(
        default=True, description="Keep prompt and answer of every call beside the build."
    )
    log_format: LogFormat = Field(
        default="text",
        description="json: what is logged is lines of JSON on standard error, also that of the "
        "command, which else shows no log.",
    )
    spending: SpendingLimits = SpendingLimits()
    rate_limits: RateLimits = RateLimits()
    breaker: BreakerSettings = BreakerSettings()
    calls: CallLimits = CallLimits()
    sandbox_kind: SandboxKind = Field(
        default="auto",
        description="Where generated code runs: bubblewrap, docker, or auto for the first of them "
        "that works. none: nothing generated runs, and every build goes to a review branch.",
    )
    sandbox_image: str = Field(
        default="app-builder-sandbox",
        min_length=1,
        description="Image that the boxes of docker are made of; `make sandbox-image` builds it.",
    )
    sandbox: SandboxLimits = SandboxLimits()
    fixing: FixingLimits = FixingLimits()
    github: GitHubSettings = GitHubSettings()
    catalogue: Path | None = Field(
        default=None,
        description="TOML file with further providers and models, or other rows for known ones.",
    )
    secret_sources: tuple[SecretSourceName, ...] = Field(
        default=("environment",),
        min_length=1,
        description="Where keys are looked up, in this order, as a JSON list: environment, aws "
        "(AWS Secrets Manager), prefect (secret blocks).",
    )
    aws_secret_prefix: str = Field(
        default="app-builder/", description="What the names of secrets begin with in AWS."
    )

    @property
    def root(self) -> Path:
        """`home` as an absolute path."""
        return self.home.expanduser().resolve()

    @property
    def store_url(self) -> str:
        """URL of the artifact store."""
        return self.artifact_store or f"file://{self.root / 'store'}"

    @property
    def ledger_database_url(self) -> str:
        """SQLAlchemy URL of the usage ledger."""
        return self.ledger_url or f"sqlite:///{quote(str(self.root / 'ledger.db'))}"

    @property
    def deployed_limits(self) -> bool:
        """Whether the rate limits are shared with other machines."""
        return bool(self.rate_limits.url)

    @property
    def user_calls_per_minute(self) -> int:
        """Calls of one user in a minute; 0 for any number."""
        asked = self.rate_limits.user_calls_per_minute
        return (60 if self.deployed_limits else 0) if asked is None else asked


def load_settings() -> Settings:
    """Read the settings.

    Raises:
        ConfigurationError: some are wrong; each is named as it is set, with its value.
    """
    problems = _mistaken()
    try:
        settings = Settings()
        _ = settings.root
    except ValidationError as error:
        problems += [
            told(Settings, problem["loc"], problem["input"], problem["msg"])
            for problem in error.errors(include_url=False)
        ]
    except SettingsError as error:  # what is not JSON is among them
        problems = problems or [str(error)]
    except (OSError, RuntimeError) as error:  # links in a circle, or a home folder nobody has
        problems.append(f"APP_BUILDER_HOME: {error}")
    else:
        if not problems:
            return settings
    raise _wrong("; ".join(dict.fromkeys(problems)))


def _mistaken() -> list[str]:
    """Variables that set nothing, or whose value is not of the form it must have."""
    path = Path(str(Settings.model_config.get("env_file")))
    try:
        file = DotEnvSettingsSource(Settings, env_file=path, case_sensitive=True).env_vars
    except (UnicodeDecodeError, OSError) as error:
        raise _wrong(f"{str(path)!r} cannot be read: {error}") from None
    return [
        problem
        for variables in (os.environ, file)
        for problem in (*unknown_names(Settings, variables), *wrong_json(Settings, variables))
    ]


def make_home(settings: Settings) -> None:
    """Make the folder for everything that is kept on this machine.

    Raises:
        ConfigurationError: it cannot be made or written to.
    """
    try:
        settings.root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"it cannot be made: {error.strerror}: {error.filename}"
    else:
        if os.access(settings.root, os.W_OK | os.X_OK):
            return
        reason = "it may not be written to"
    raise _wrong(f"APP_BUILDER_HOME is {str(settings.home)!r}: {reason}")


def _wrong(problem: str) -> ConfigurationError:
    return ConfigurationError(f"{problem}; correct it in the environment or in .env")
