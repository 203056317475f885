"""Settings, read from the environment (and a `.env` file) once per run."""

import getpass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

DemoMode = Literal["auto", "disabled", "forced"]


class CallLimits(BaseModel):
    """Hard maxima of model calls over a build's life, whatever goes wrong.

    A stage's own maximum stands in the stage table.
    """

    model_config = ConfigDict(frozen=True)

    per_file: int = Field(default=40, ge=1, description="Calls for one file of stage 7.")
    per_build: int = Field(default=10_000, ge=1, description="Calls for one build.")


class SandboxLimits(BaseModel):
    """Bounds of one run of generated code."""

    model_config = ConfigDict(frozen=True)

    seconds: float = Field(default=300, gt=0, description="Wall time of the test run.")
    memory_mb: int = Field(
        default=2_048, ge=128, description="Memory of all processes together, and of each, MiB."
    )
    processes: int = Field(default=256, ge=8, description="Processes and threads.")
    file_mb: int = Field(default=256, ge=1, description="Largest file written, MiB.")
    disk_mb: int = Field(
        default=512, ge=1, description="Space for the tree, and again for temporary files, MiB."
    )
    install_seconds: float = Field(default=600, gt=0, description="Wall time of the install.")


class Settings(BaseSettings):
    """Everything an operator can set; each name is `APP_BUILDER_` and the field in capitals."""

    model_config = SettingsConfigDict(
        env_prefix="APP_BUILDER_",
        env_nested_delimiter="__",
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
    user: str = Field(default_factory=getpass.getuser, description="Who builds are made for.")
    files_at_once: int = Field(
        default=4, ge=1, le=256, description="Files of stage 7 written at the same time."
    )
    demo_mode: DemoMode = Field(
        default="auto",
        validation_alias="MODEL_ROUTER_DEMO_MODE",
        description="auto: the demo model answers when no provider has a key.",
    )
    calls: CallLimits = CallLimits()
    sandbox: SandboxLimits = SandboxLimits()

    @property
    def root(self) -> Path:
        """`home` as an absolute path."""
        return self.home.expanduser().resolve()

    @property
    def store_url(self) -> str:
        """URL of the artifact store."""
        return self.artifact_store or f"file://{self.root / 'store'}"
