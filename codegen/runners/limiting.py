"""Limits test steps to some of the test files, for a quick look after a change."""

import shlex
from collections.abc import Collection, Sequence

from core.artifacts.run_plan import Runner, Step

_GO_EVERYTHING = "./..."
_UNLIMITED = frozenset({Runner.MOCHA, Runner.NPM_TEST})
"""Mocha adds files to those its configuration names; of `npm test` nobody knows what it runs."""

_ENDINGS = {
    "python": (".py",),
    "npm": (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx"),
    "go": (".go",),
}


def limited(step: Step, only: Collection[str]) -> Step | None:
    """The step with these test files alone; `None` where it has none of them.

    Builds and starts are left out. A runner that cannot be limited runs all its tests.

    Args:
        step: as `detect_runs` made it.
        only: paths of test files, relative to the repository's root.
    """
    prefix = f"{step.folder}/" if step.folder else ""
    own = (path for path in only if path.endswith(_ENDINGS[step.ecosystem]))
    inside = sorted(path[len(prefix) :] for path in own if path.startswith(prefix))
    if step.kind != "test" or not inside:
        return None
    if step.runner in _UNLIMITED:
        return step
    return step.model_copy(update={"command": _command(step, inside)})


def _command(step: Step, paths: Sequence[str]) -> tuple[str, ...]:
    if step.runner is Runner.PYTEST:
        return (*step.command, *paths)
    *head, line = step.command  # a line for the shell
    if step.runner is Runner.GO_TEST:
        packages = dict.fromkeys(_go_package(path) for path in paths)
        return (*head, line.replace(_GO_EVERYTHING, shlex.join(packages)))
    by_path = ("--runTestsByPath",) if step.runner is Runner.JEST else ()
    return (*head, f"{line} {shlex.join([*by_path, *paths])}")


def _go_package(path: str) -> str:
    folder = path.rpartition("/")[0]
    return f"./{folder}" if folder else "."
