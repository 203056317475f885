"""What a container of a flow run may do: settled by the worker's machine, whatever the API asks.

Whoever can change deployments or work pools on the Prefect server could otherwise have the worker,
which holds the Docker engine's socket, start containers with the machine's files or its rights.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docker import APIClient, DockerClient
from dotenv import dotenv_values
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

SECCOMP_PROFILE = Path(__file__).with_name("seccomp-bubblewrap.json")
USER = "1000:1000"
_MIB = 1024 * 1024


class RunSettings(BaseSettings):
    """How containers of flow runs are made; each name is `RUN_` and the field in capitals."""

    model_config = SettingsConfigDict(env_prefix="RUN_", env_ignore_empty=True, frozen=True)

    network: str = Field(default="app-builder-runs", description="Docker network they are on.")
    volumes: tuple[str, ...] = Field(
        default=(),
        description="What is mounted, as a JSON list such as "
        '["app-builder-home:/var/lib/app-builder", "/path/secrets/run:/run/secrets:ro"].',
    )
    environment_file: Path | None = Field(
        default=None,
        description="File of variables that each of them gets; read anew for each, it wins over "
        "what the deployment says.",
    )
    memory_mb: int = Field(default=6_144, ge=512, description="Memory of each, MiB.")
    processors: float = Field(default=2, ge=0.1, description="Processors each keeps busy at most.")
    processes: int = Field(default=4_096, ge=64, description="Processes and threads of each.")
    scratch_mb: int = Field(
        default=2_048, ge=64, description="Size of each one's /tmp, which is in memory, MiB."
    )


class ContainedEngine(APIClient):
    """A client of the Docker engine whose containers are all made by `RunSettings`.

    Args:
        settings: what the containers may do.
        arguments: those of `docker.APIClient`.
    """

    def __init__(self, settings: RunSettings, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._settings = settings

    def create_container_from_config(
        self, config: dict[str, Any], name: str | None = None, platform: str | None = None
    ) -> Any:
        """Create a container as asked, with every right it could have replaced by ours."""
        apparmor = any("apparmor" in option for option in self.info().get("SecurityOptions") or ())
        contained = contain(config, self._settings, apparmor=apparmor)
        return super().create_container_from_config(contained, name, platform)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] -- not typed


class ContainedClient(DockerClient):
    """`docker.DockerClient` on a `ContainedEngine`."""

    def __init__(self, settings: RunSettings, *arguments: Any, **named: Any) -> None:
        self.api = ContainedEngine(settings, *arguments, **named)


def contain(config: Mapping[str, Any], settings: RunSettings, *, apparmor: bool) -> dict[str, Any]:
    """The engine's description of a container, held to what containers of flow runs may do.

    Kept is what is run and said of it (image, command, labels, variables); everything else is ours.

    Args:
        config: what is asked of the engine, as its API has it.
        settings: this machine's.
        apparmor: whether the engine confines containers with AppArmor, whose profile forbids the
            mounts that a sandbox needs.

    Raises:
        OSError: the file of variables or the profile of calls cannot be read.
    """
    kept = {name: config[name] for name in ("Image", "Cmd", "Labels") if config.get(name)}
    variables = dict(text.partition("=")[::2] for text in config.get("Env") or ())
    # Prefect hands on the worker's own home, which is not there.
    variables |= {"PREFECT_HOME": "/tmp/prefect", **_given(settings)}  # noqa: S108 -- its own /tmp
    return {
        **kept,
        "Env": [f"{name}={value}" for name, value in variables.items()],
        "User": USER,
        "HostConfig": _host_config(settings, apparmor=apparmor),
    }


def _given(settings: RunSettings) -> dict[str, str]:
    if settings.environment_file is None:
        return {}
    text = settings.environment_file.open(encoding="utf-8")  # a missing file must not go unnoticed
    with text:
        return {name: value for name, value in dotenv_values(stream=text).items() if value}


def _host_config(settings: RunSettings, *, apparmor: bool) -> dict[str, Any]:
    profile = json.dumps(json.loads(SECCOMP_PROFILE.read_text(encoding="utf-8")))
    memory = settings.memory_mb * _MIB
    return {
        "Binds": list(settings.volumes),
        "CapDrop": ["ALL"],
        "Init": True,
        "MaskedPaths": [],  # or the kernel refuses the sandbox a /proc of its own
        "Memory": memory,
        "MemorySwap": memory,
        "NanoCpus": int(settings.processors * 1_000_000_000),
        "NetworkMode": settings.network,
        "PidsLimit": settings.processes,
        "Privileged": False,
        "ReadonlyPaths": [],
        "ReadonlyRootfs": True,
        "SecurityOpt": [
            "no-new-privileges",
            f"seccomp={profile}",
            *(["apparmor=unconfined"] if apparmor else []),
        ],
        "Tmpfs": {"/tmp": f"rw,exec,nosuid,nodev,mode=1777,size={settings.scratch_mb}m"},  # noqa: S108 -- a file system of its own
    }
