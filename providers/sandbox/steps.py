"""Runs the steps of a plan in a sandbox and hands out what they wrote, unread."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ruff import find_ruff_bin  # pyright: ignore[reportMissingTypeStubs] -- ships no types

from core.artifacts.run_plan import TOOL_FOLDER, BootCheck, Step, Tool
from core.errors import InputError, SandboxError
from core.settings import SandboxLimits
from providers.sandbox import boot_probe, load_probe
from providers.sandbox.environment import INSIDE, PythonEnvironment
from providers.sandbox.node_environment import NodeEnvironment
from providers.sandbox.sandbox import TEMPORARY_FOLDER, WORK_FOLDER, Sandbox, SandboxRun

_PROBE = "/boot_probe.py"
_PROBE_MARGIN = 10.0
"""Seconds a box lives longer than the probe waits, so that the probe can still say what it saw."""

_NODE_RESERVE_MB = 16_384
"""V8 reserves half a gigabyte for the code of each worker thread, most of which it never uses."""

_IN_FOLDER = ("/bin/sh", "-c", 'cd -- "$1" && shift && exec "$@"', "sh")

_SYSTEM_PROGRAMS = ("/usr/local/go/bin", "/usr/local/bin", "/usr/bin", "/bin")

_EVERYWHERE = {
    "CI": "1",
    "FORCE_COLOR": "0",
    "HOME": TEMPORARY_FOLDER,
    "LANG": "C.UTF-8",
    "NO_COLOR": "1",
    "TMPDIR": TEMPORARY_FOLDER,
    "TZ": "UTC",
}
_BY_ECOSYSTEM = {
    "python": {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "VIRTUAL_ENV": INSIDE},
    "npm": {"npm_config_update_notifier": "false", "npm_config_offline": "true"},
    "go": {
        "GOCACHE": f"{TEMPORARY_FOLDER}/go-build",
        "GOPATH": f"{TEMPORARY_FOLDER}/go",
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
    },
}


@dataclass(frozen=True, slots=True)
class Toolchain:
    """What the steps of one ecosystem need beside the repository.

    Attributes:
        mounts: files and folders of this machine, by their path inside.
        programs: folders inside that hold programs, before the system's own.
        variables: further environment variables; they win over those of the step.
        entering: what goes before a command, in the step's folder, to set the box up for it.
    """

    mounts: Mapping[str, Path] = field(default_factory=dict[str, Path])
    programs: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    entering: tuple[str, ...] = ()

    @classmethod
    def of_python(cls, environment: PythonEnvironment) -> "Toolchain":
        """The interpreter with what a Python project needs."""
        return cls(mounts=environment.mounts, programs=(f"{INSIDE}/bin",))

    @classmethod
    def of_node(cls, environment: NodeEnvironment) -> "Toolchain":
        """Node and npm, with the packages that a Node project needs."""
        return cls(
            mounts=environment.mounts,
            programs=environment.programs,
            entering=environment.entering,
        )


async def run_step(
    step: Step,
    tree: Path,
    *,
    sandbox: Sandbox,
    toolchain: Toolchain,
    limits: SandboxLimits,
) -> SandboxRun:
    """Run one step over a copy of the tree; how it fares is a result.

    Args:
        step: what is run.
        tree: the repository, with what its install phase put into it.
        sandbox: where it runs, without a network.
        toolchain: what the step's ecosystem needs.
        limits: bounds; the step's own wall time holds where it is shorter.

    Raises:
        InputError: the step's folder is not one below the tree.
        SandboxError: the sandbox failed, as against what ran in it, or a tool is not installed.
    """
    _check_folder(step.folder)
    seconds = min(limits.seconds, step.seconds or limits.seconds)
    mounts = {**toolchain.mounts, **_tool_mounts(step)}
    command = step.command
    if step.boot is not None:
        interpreter = await sandbox.interpreter()
        mounts |= {**interpreter.mounts, _PROBE: Path(boot_probe.__file__)}
        command = _probing(step, step.boot, seconds, interpreter.program)
        seconds += _PROBE_MARGIN
    return await sandbox.run(
        (*_IN_FOLDER, _folder(step), *toolchain.entering, *command),
        folder=tree,
        environment=_variables(step, tree, toolchain),
        limits=limits.model_copy(update={"seconds": seconds, "reserve_mb": _reserve(step, limits)}),
        read_only=mounts,
    )


def _reserve(step: Step, limits: SandboxLimits) -> int:
    return max(limits.reserve_mb, _NODE_RESERVE_MB if step.ecosystem == "npm" else 0)


def _check_folder(folder: str) -> None:
    path = PurePosixPath(folder)
    if path.is_absolute() or ".." in path.parts:
        raise InputError(f"the folder {folder!r} of a step is not one below the repository's root")


def _folder(step: Step) -> str:
    return str(PurePosixPath(WORK_FOLDER, step.folder))


def _variables(step: Step, tree: Path, toolchain: Toolchain) -> dict[str, str]:
    folder = _folder(step)
    programs = [*toolchain.programs, *_SYSTEM_PROGRAMS]
    variables = _EVERYWHERE | _BY_ECOSYSTEM[step.ecosystem]
    if step.ecosystem == "npm":
        programs.insert(0, f"{folder}/node_modules/.bin")
    if step.ecosystem == "python" and (tree / step.folder / "src").is_dir():
        variables["PYTHONPATH"] = f"{folder}/src"  # as an editable install would do
    if step.boot is not None:
        variables["PORT"] = str(step.boot.port)
    return {**variables, "PATH": ":".join(programs), **toolchain.variables}


def _tool_mounts(step: Step) -> dict[str, Path]:
    return {f"{TOOL_FOLDER}/{tool}": _tool(tool) for tool in step.tools}


def _tool(tool: Tool) -> Path:
    if tool is Tool.LOAD_PROBE:
        return Path(load_probe.__file__)
    try:
        return Path(find_ruff_bin())
    except FileNotFoundError as error:
        raise SandboxError(f"ruff is not installed beside us: {error}") from error


def _probing(step: Step, boot: BootCheck, seconds: float, python: str) -> tuple[str, ...]:
    request = {
        "paths": boot.paths,
        "port": boot.port,
        "report": step.report_path,
        "seconds": seconds,
    }
    return (python, "-I", _PROBE, json.dumps(request), *step.command)
