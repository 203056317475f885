"""The arguments that make one box with Docker.

A container without a network, with nothing of this machine but what is mounted read-only, and with
the bounds of a control group. Its first program unpacks the tree from its standard input, sets the
bounds of a process, says that the box is ready and becomes the command.
"""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import SandboxError
from core.settings import SandboxLimits
from providers.sandbox.box_bounds import MAX_FILES, OPEN_FILES, READY, SHARED_MEMORY_BYTES
from providers.sandbox.box_files import ACCOUNT_FILES, result_file
from providers.sandbox.docker_engine import LABEL
from providers.sandbox.outlet import SOCKET
from providers.sandbox.sandbox import RESULT_PATH, TEMPORARY_FOLDER, WORK_FOLDER

_MIB = 1024 * 1024
_SOONER_OR_LATER = 60
"""Seconds after which a box ends by itself when we who should end it are dead."""

# The units are those of POSIX (ulimit -f: 512 bytes) and of dash, bash and busybox (-d: KiB).
_START = f"""
tar -x -f - -C {WORK_FOLDER} || exit 125
exec < /dev/null
ulimit -f "$1" && ulimit -d "$2" && ulimit -t "$3" || exit 125
timeout="$(command -v timeout)" clock="$4"
unset $5
shift 5
echo {READY} >&2
exec "$timeout" -s KILL "$clock" "$@" 2>&1
"""


@dataclass(frozen=True, slots=True)
class Container:
    """One box, before it exists.

    Attributes:
        name: the container's name.
        owner: who makes it.
        image: what it is made of.
        user: user and group id of the command.
        foreign: names of variables that the image or Docker sets, which the command does not get.
        limits: bounds of the run.
        read_only: files and folders of this machine, by their path inside.
        writable: folders of this machine that the command may write to, by their path inside.
        outlet: the socket of the box's one way out, if it has one.
    """

    name: str
    owner: str
    image: str
    user: int
    foreign: frozenset[str]
    limits: SandboxLimits
    read_only: Mapping[str, Path] = field(default_factory=dict[str, Path])
    writable: Mapping[str, Path] = field(default_factory=dict[str, Path])
    outlet: Path | None = None


def create_arguments(
    container: Container, command: Sequence[str], environment: Mapping[str, str], files: Path
) -> list[str]:
    """Arguments of `docker` that make a container, not yet started.

    Args:
        container: the container to make.
        command: program and arguments, as they are inside.
        environment: its environment variables, which `variables` in `files` holds.
        files: folder on this machine with that and what `write_box_files` writes.
    """
    limits = container.limits
    numbers = (
        limits.file_mb * _MIB // 512,
        # What a process may set aside, not what it uses: that is the control group's to bound.
        (limits.memory_mb + limits.reserve_mb) * 1024,
        math.ceil(limits.seconds),
        math.ceil(limits.seconds) + _SOONER_OR_LATER,
    )
    return [
        *("create", "--name", container.name, "--label", f"{LABEL}={container.owner}"),
        # Output is taken as it comes; a log of it would be a file without a bound.
        *("--interactive", "--pull", "never", "--init", "--log-driver", "none"),
        *(
            "--network",
            "none",
            "--hostname",
            "sandbox",
            "--user",
            f"{container.user}:{container.user}",
        ),
        *("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
        *_bounds(limits, container.user),
        *("--env-file", str(files / "variables"), "--workdir", WORK_FOLDER),
        *_mounts(container, files),
        *("--entrypoint", "/bin/sh", container.image, "-c", _START, "sh"),
        *map(str, numbers),
        " ".join(sorted(container.foreign - environment.keys())),
        *command,
    ]


def _bounds(limits: SandboxLimits, user: int) -> list[str]:
    memory = f"{limits.memory_mb}m"
    processors = min(limits.processors, float(os.cpu_count() or 1))
    # The mode does not hold where the image has the folder already; the owner does.
    tmpfs = f"rw,exec,nosuid,nodev,mode=1777,uid={user},gid={user}"
    tmpfs += f",size={limits.disk_mb}m,nr_inodes={MAX_FILES // 2}"
    return [
        *("--memory", memory, "--memory-swap", memory, "--oom-score-adj", "1000"),
        *("--pids-limit", str(limits.processes), "--cpus", f"{processors:g}"),
        *("--ulimit", "core=0", "--ulimit", f"nofile={OPEN_FILES}"),
        *("--shm-size", str(SHARED_MEMORY_BYTES)),
        *("--tmpfs", f"{WORK_FOLDER}:{tmpfs}", "--tmpfs", f"{TEMPORARY_FOLDER}:{tmpfs}"),
    ]


def _mounts(container: Container, files: Path) -> list[str]:
    read_only = dict(container.read_only)
    if container.outlet is not None:
        read_only[SOCKET] = container.outlet
    options = [_mount(path, inside, ",readonly") for inside, path in read_only.items()]
    options += [_mount(path, inside) for inside, path in container.writable.items()]
    options += [_mount(files / name, f"/etc/{name}", ",readonly") for name in ACCOUNT_FILES]
    options.append(_mount(result_file(files), RESULT_PATH))
    return [word for option in options for word in ("--mount", option)]


def _mount(path: Path, inside: str, suffix: str = "") -> str:
    source = str(path.resolve())
    if set('",\n') & set(source + inside):
        raise SandboxError(f"{source!r} cannot be shown to a container because of its name")
    return f"type=bind,source={source},target={inside}{suffix}"


def variables_file(environment: Mapping[str, str]) -> str:
    """Environment variables in the form of Docker's `--env-file`, which no command line shows.

    Raises:
        SandboxError: a value has several lines, which that form cannot express.
    """
    for name, value in environment.items():
        if "\n" in name + value or "=" in name or not name:
            raise SandboxError(f"the variable {name!r} cannot be given to a container")
    return "".join(f"{name}={value}\n" for name, value in environment.items())
