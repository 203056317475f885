"""The command line that makes one box with bubblewrap, from the outside in.

bwrap makes the namespaces and mounts and, as root, keeps only the capabilities of the next step; a
shell copies the tree; setpriv (as root) and prlimit drop rights and set bounds; a second shell says
that the box is ready and becomes the command. The shells run fixed text: what varies are arguments.
"""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from core.settings import SandboxLimits
from providers.sandbox.box_bounds import OPEN_FILES, READY, SHARED_MEMORY_BYTES
from providers.sandbox.outlet import SOCKET
from providers.sandbox.sandbox import RESULT_PATH, TEMPORARY_FOLDER, WORK_FOLDER

WRITABLE_FOLDERS = (WORK_FOLDER, TEMPORARY_FOLDER, "/dev/shm")  # noqa: S108 -- inside the box
"""The folders a command can write to, each a filesystem of its own that dies with the box."""

_SOURCE = "/source"
_MIB = 1024 * 1024

UNPRIVILEGED = 65534
"""User id of the boxes of an ordinary user: "nobody", which a namespace maps to ourselves."""

_SYSTEM_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime")

# What copying the tree and becoming another user take; setpriv drops them for good.
_SETUP_CAPABILITIES = (
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
)

# A box is the first to go when the machine runs out of memory.
_COPY_TREE = f"""
echo 1000 > /proc/self/oom_score_adj &&
cp -R --no-dereference --preserve=mode,timestamps,links {_SOURCE}/. {WORK_FOLDER} &&
rm -rf {WORK_FOLDER}/.git &&
chown -Rh "$1" {WORK_FOLDER} &&
shift &&
exec "$@"
"""
_START = f'echo {READY} >&2; exec "$@" 2>&1'


@dataclass(frozen=True, slots=True)
class Box:
    """One box, before it exists.

    Attributes:
        tree: the folder that is copied in.
        environment: the command's environment variables.
        limits: bounds of the run.
        read_only: files and folders of the host, by their path inside.
        writable: folders of the host that the command may write to, by their path inside.
        outlet: the socket of the box's one way out, if it has one.
        user: user and group id of the command.
        root: whether bwrap is started by root, who needs no user namespace.
    """

    tree: Path
    environment: Mapping[str, str]
    limits: SandboxLimits
    read_only: Mapping[str, Path]
    user: int
    root: bool
    writable: Mapping[str, Path] = field(default_factory=dict[str, Path])
    outlet: Path | None = None


@dataclass(frozen=True, slots=True)
class Descriptors:
    """Open file descriptors that bwrap inherits.

    Attributes:
        info: where it writes the number of the box's first process.
        block: where the box waits until it may go on.
        variables: where it reads the options that set the command's environment variables, which
            a command line would show to every user.
        seccomp: the system call filter.
    """

    info: int
    block: int
    variables: int
    seccomp: int

    @property
    def all(self) -> tuple[int, ...]:
        """Every one."""
        return (self.info, self.block, self.variables, self.seccomp)


def variable_options(environment: Mapping[str, str]) -> bytes:
    """What bwrap reads from `Descriptors.variables`."""
    words = (word for item in environment.items() for word in ("--setenv", *item))
    return b"".join(os.fsencode(word) + b"\0" for word in words)


def bubblewrap_command(
    bwrap: Path, box: Box, command: Sequence[str], *, files: Path, descriptors: Descriptors
) -> list[str]:
    """Program and arguments that make a box and run a command in it.

    Args:
        bwrap: the bubblewrap program.
        box: the box to make.
        command: program and arguments, as they are inside.
        files: folder on the host with `passwd`, `group`, `hosts` and an empty `result`.
        descriptors: what it talks to us by.
    """
    return [
        str(bwrap),
        *("--info-fd", str(descriptors.info), "--block-fd", str(descriptors.block)),
        *_isolation(box),
        *_system_mounts(box, files),
        *_writable_mounts(box, files),
        *_given_mounts(box),
        *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", WORK_FOLDER),
        *("--args", str(descriptors.variables)),
        *("--seccomp", str(descriptors.seccomp)),
        *("--", "/bin/sh", "-c", _COPY_TREE, "sh", f"{box.user}:{box.user}"),
        *(_drop_rights(box.user) if box.root else ()),
        *_resource_limits(box.limits),
        *("/bin/sh", "-c", _START, "sh"),
        *command,
    ]


def _isolation(box: Box) -> list[str]:
    options = ["--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try"]
    options += ["--unshare-net", "--die-with-parent", "--new-session", "--clearenv"]
    options += ["--hostname", "sandbox"]
    if box.root:
        options += ["--cap-drop", "ALL"]
        options += [word for name in _SETUP_CAPABILITIES for word in ("--cap-add", name)]
    else:
        user = str(box.user)
        options += ["--unshare-user", "--disable-userns", "--uid", user, "--gid", user]
    return options


def _system_mounts(box: Box, files: Path) -> list[str]:
    options = ["--ro-bind", "/usr", "/usr"]
    for path in map(Path, _SYSTEM_LINKS):
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), str(path)]
        elif path.exists():
            options += ["--ro-bind", str(path), str(path)]
    options += ["--dir", "/etc"]
    for path in _SYSTEM_FILES:
        options += ["--ro-bind-try", path, path]
    for name in ("passwd", "group", "hosts"):
        options += ["--ro-bind", str(files / name), f"/etc/{name}"]
    return [*options, "--proc", "/proc", "--dev", "/dev"]


def _writable_mounts(box: Box, files: Path) -> list[str]:
    disk = box.limits.disk_mb * _MIB
    options: list[str] = []
    for path, size in zip(WRITABLE_FOLDERS, (disk, disk, SHARED_MEMORY_BYTES), strict=True):
        options += ["--perms", "1777", "--size", str(size), "--tmpfs", path]
    return [*options, "--bind", str(files / "result"), RESULT_PATH]


def _given_mounts(box: Box) -> list[str]:
    tree = box.tree.resolve()
    options = ["--ro-bind", str(tree), _SOURCE]
    history = tree / ".git"
    if history.is_dir() and not history.is_symlink():
        options += ["--tmpfs", f"{_SOURCE}/.git"]
    for inside, path in box.read_only.items():
        options += _mount("--ro-bind", path, inside)
    for inside, path in box.writable.items():
        options += _mount("--bind", path, inside)
    if box.outlet is not None:
        options += _mount("--ro-bind", box.outlet, SOCKET)
    return options


def _mount(kind: str, path: Path, inside: str) -> list[str]:
    # Left to bwrap, folders on the way to a mount are closed to anyone but its own user.
    parents = reversed(PurePosixPath(inside).parents[:-1])
    folders = [word for parent in parents for word in ("--dir", str(parent))]
    return [*folders, kind, str(path), inside]


def _drop_rights(user: int) -> list[str]:
    return [
        *("setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups"),
        *("--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--no-new-privs", "--"),
    ]


def _resource_limits(limits: SandboxLimits) -> list[str]:
    return [
        "prlimit",
        # What a process can write to, be it now or later, but not all addresses it sets aside;
        # what it really uses is watched.
        f"--data={(limits.memory_mb + limits.reserve_mb) * _MIB}",
        f"--cpu={math.ceil(limits.seconds)}",
        f"--nproc={limits.processes}",
        f"--fsize={limits.file_mb * _MIB}",
        f"--nofile={OPEN_FILES}",
        "--core=0",
        "--",
    ]
