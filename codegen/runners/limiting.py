"""Limits test steps to some of the test files, for a quick look after a change."""

import re
import shlex
from collections.abc import Collection, Mapping, Sequence

from codegen.failure_classes import is_test_file
from codegen.runners.detect import detect_runs
from core.artifacts.run_plan import Runner, Step

_GO_EVERYTHING = "./..."
_UNLIMITED = frozenset({Runner.MOCHA, Runner.NPM_TEST})
"""Mocha adds files to those its configuration names; of `npm test` nobody knows what it runs."""

_NAMES = {
    Runner.NODE_TEST: re.compile(r"--test"),
    Runner.VITEST: re.compile(r"(?:.*/)?vitest(?:\.[cm]?js)?"),
    Runner.JEST: re.compile(r"(?:.*/)?jest(?:\.[cm]?js)?"),
}
"""How a command calls runners that add files to those it names."""

_NOWHERE = "/dev/null"

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
    inside = _inside(step, only)
    if not inside:
        return None
    if not _takes_files(step):
        return step
    return step.model_copy(update={"command": _command(step, inside)})


def can_be_limited(files: Mapping[str, str], only: Collection[str]) -> bool:
    """Whether every runner of these test files can be told to run them alone.

    Args:
        files: every file of the repository by its path.
        only: as of `limited`.
    """
    steps = detect_runs(files, report_path=_NOWHERE).steps
    return all(_takes_files(step) for step in steps if _inside(step, only))


def _inside(step: Step, only: Collection[str]) -> list[str]:
    """Those of the files that are tests of the step, relative to its folder."""
    prefix = f"{step.folder}/" if step.folder else ""
    if step.kind != "test":
        return []
    return sorted(
        path[len(prefix) :]
        for path in only
        if path.startswith(prefix)
        and path.endswith(_ENDINGS[step.ecosystem])
        and is_test_file(path)  # a runner that is given a server to run waits for its end
    )


def _takes_files(step: Step) -> bool:
    if step.runner in _NAMES:
        words = shlex.split(step.command[-1].rpartition("&&")[2])
        places = [n for n, word in enumerate(words) if _NAMES[step.runner].fullmatch(word)]
        after = words[places[0] + 1 :] if places else words
        # Any other word is a file or folder that runs besides, or the value of an option.
        return all(word.startswith("-") or word == "run" for word in after)
    return step.runner not in _UNLIMITED


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
