"""Reads the scripts of a `package.json`, and has the test runners in them write reports."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.artifacts.run_plan import ReportFormat, Runner

_MAX_DEPTH = 5
"""Scripts that call scripts, at the most so deep."""

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_STARTERS = frozenset({"npx", "cross-env", "node", "c8", "nyc", "bunx", "tsx"})
_PROGRAMS = {
    "vitest": Runner.VITEST,
    "jest": Runner.JEST,
    "mocha": Runner.MOCHA,
    "_mocha": Runner.MOCHA,
}
_FORMATS = {
    Runner.VITEST: ReportFormat.JEST,
    Runner.JEST: ReportFormat.JEST,
    Runner.MOCHA: ReportFormat.MOCHA,
    Runner.NODE_TEST: ReportFormat.JUNIT,
}
_TOKEN = re.compile(
    r"""[ \t]*(?:(?P<and>&&)|(?P<word>(?:[^\s'"\\`$#;&|()<>]|'[^'\n]*'|"[^"\\`$\n]*")+))"""
)
"""A word with its quotes, or `&&`; nothing with a substitution, a redirection or an escape."""


@dataclass(frozen=True, slots=True)
class RunnerCommand:
    """A test runner as a script calls it.

    Attributes:
        runner: which one it is.
        line: a line for the shell that runs it, and before it what the script runs before it.
    """

    runner: Runner
    line: str

    @property
    def report(self) -> ReportFormat:
        """What it writes."""
        return _FORMATS[self.runner]


def runner_commands(scripts: Mapping[str, str], report_path: str) -> list[RunnerCommand]:
    """The test runners that the script `test` calls, each with its report switched on.

    Args:
        scripts: the scripts of a `package.json`.
        report_path: the file that gets the report.

    Returns:
        Nothing when the script calls none, or is more than commands joined by `&&`: then it can
        only be run as it is.
    """
    try:
        commands = list(_commands("test", scripts, 0))
    except ValueError:
        return []
    found: list[RunnerCommand] = []
    before: list[str] = []
    for words in commands:
        if (place := _runner(words)) is None:
            before.append(" ".join(words))
            continue
        runner, index = place
        line = " ".join(reporting(runner, words, index, report_path))
        found.append(RunnerCommand(runner, " && ".join([*before, line])))
    return found


def default_command(runner: Runner, report_path: str) -> RunnerCommand:
    """The command of a runner that no script calls."""
    program = {Runner.NODE_TEST: ["node", "--test"]}.get(runner, [runner.value])
    words = reporting(runner, program, len(program) - 1, report_path)
    return RunnerCommand(runner, " ".join(words))


def reporting(runner: Runner, words: Sequence[str], index: int, report_path: str) -> list[str]:
    """A call of a runner with the options that have it run once and write its report.

    Args:
        runner: the runner.
        words: the call.
        index: position of the runner's own name in it, or of the option `--test` of node.
        report_path: the file that gets the report.
    """
    target = shlex.quote(report_path)
    head, tail = list(words[: index + 1]), list(words[index + 1 :])
    if runner is Runner.NODE_TEST:
        # The second reporter is for people, and the only one that shows what tests print.
        report = ["--test-reporter=junit", f"--test-reporter-destination={target}"]
        screen = ["--test-reporter=spec", "--test-reporter-destination=stdout"]
        return [*head, *report, *screen, *tail]
    if runner is Runner.MOCHA:
        return [*head, *tail, "--reporter", "json", "--reporter-option", f"output={target}"]
    if runner is Runner.JEST:
        tail = [word for word in tail if word not in {"--watch", "--watchAll"}]
        return [*head, *tail, "--ci", "--json", f"--outputFile={target}"]
    tail = [word for word in tail if word not in {"--watch", "-w", "watch", "dev"}]
    run = [] if tail[:1] == ["run"] else ["run"]
    reporters = ["--reporter=default", "--reporter=json", f"--outputFile.json={target}"]
    return [*head, *run, *tail, *reporters]


def _commands(name: str, scripts: Mapping[str, str], depth: int) -> Iterator[list[str]]:
    """The simple commands of a script in order, with the scripts it calls put in their place.

    Raises:
        ValueError: it is more than simple commands joined by `&&`.
    """
    if depth > _MAX_DEPTH:
        raise ValueError(f"the script {name!r} calls itself")
    if depth == 0 and f"pre{name}" in scripts:
        yield from _commands(f"pre{name}", scripts, depth + 1)
    for words in _split(scripts.get(name, "")):
        called = _called_script(words)
        if called in scripts:
            yield from _commands(called, scripts, depth + 1)
        else:
            yield words


def _split(script: str) -> Iterator[list[str]]:
    """The words of each simple command, with their quotes."""
    words: list[str] = []
    position = 0
    while match := _TOKEN.match(script, position):
        position = match.end()
        if match["word"]:
            words.append(match["word"])
        else:
            yield words
            words = []
    if script[position:].strip():
        raise ValueError(f"only a shell understands {script[position:]!r}")
    yield words


def _called_script(words: Sequence[str]) -> str:
    """Name of the script that `npm run name` calls, without arguments of its own."""
    match words:
        case [("npm" | "pnpm" | "yarn"), ("run" | "run-script"), name]:
            return name
        case _:
            return ""


def _runner(words: Sequence[str]) -> tuple[Runner, int] | None:
    """The runner that a simple command calls, and where in the command it is named."""
    start = next((n for n, word in enumerate(words) if not _ASSIGNMENT.match(word)), len(words))
    for index in range(start, len(words)):
        word = words[index]
        name = word.rpartition("/")[2]
        base = name.removesuffix(".js").removesuffix(".mjs").removesuffix(".cjs")
        if base in _PROGRAMS:
            return _PROGRAMS[base], index
        if word == "--test" and "node" in words[start:index]:
            return Runner.NODE_TEST, index
        starts_another = word in _STARTERS or word.startswith("-") or _ASSIGNMENT.match(word)
        if not starts_another and not (index > start and words[index - 1].startswith("-")):
            return None
    return None
