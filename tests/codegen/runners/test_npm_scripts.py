import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.runners.npm_scripts import default_command, runner_commands
from core.artifacts.run_plan import ReportFormat, Runner

JEST = "--ci --json --outputFile=/result"
MOCHA = "--reporter json --reporter-option output=/result"
NODE = (
    "--test-reporter=junit --test-reporter-destination=/result --test-reporter=spec"
    " --test-reporter-destination=stdout"
)
VITEST = "--reporter=default --reporter=json --outputFile.json=/result"


@pytest.mark.parametrize(
    ("script", "runner", "line"),
    [
        ("vitest", Runner.VITEST, f"vitest run {VITEST}"),
        ("vitest run --coverage", Runner.VITEST, f"vitest run --coverage {VITEST}"),
        ("vitest --watch", Runner.VITEST, f"vitest run {VITEST}"),
        ("npx vitest dev src", Runner.VITEST, f"npx vitest run src {VITEST}"),
        ("jest --watchAll src", Runner.JEST, f"jest src {JEST}"),
        (
            "NODE_OPTIONS=--experimental-vm-modules jest",
            Runner.JEST,
            f"NODE_OPTIONS=--experimental-vm-modules jest {JEST}",
        ),
        (
            "cross-env NODE_ENV=test npx --no-install jest",
            Runner.JEST,
            f"cross-env NODE_ENV=test npx --no-install jest {JEST}",
        ),
        (
            "node --experimental-vm-modules node_modules/jest/bin/jest.js",
            Runner.JEST,
            f"node --experimental-vm-modules node_modules/jest/bin/jest.js {JEST}",
        ),
        ("mocha -r ts-node/register 'test/**/*.ts'", Runner.MOCHA, None),
        ("c8 mocha", Runner.MOCHA, f"c8 mocha {MOCHA}"),
        ("node --test", Runner.NODE_TEST, f"node --test {NODE}"),
        (
            "node --import tsx --test test/",
            Runner.NODE_TEST,
            f"node --import tsx --test {NODE} test/",
        ),
        ("tsc --noEmit && vitest run", Runner.VITEST, f"tsc --noEmit && vitest run {VITEST}"),
    ],
)
def test_a_runner_is_found_and_told_to_report(script: str, runner: Runner, line: str | None):
    (command,) = runner_commands({"test": script}, "/result")
    assert command.runner is runner
    assert command.line == (line or f"mocha -r ts-node/register 'test/**/*.ts' {MOCHA}")


def test_each_runner_of_a_script_is_a_command_with_what_comes_before_it():
    found = runner_commands({"test": "tsc && jest && eslint . && mocha"}, "/result")
    assert [command.line for command in found] == [
        f"tsc && jest {JEST}",
        f"tsc && eslint . && mocha {MOCHA}",
    ]
    assert [command.report for command in found] == [ReportFormat.JEST, ReportFormat.MOCHA]


def test_scripts_that_scripts_call_are_followed():
    scripts = {"pretest": "npm run build", "build": "tsc", "test": "pnpm run unit", "unit": "jest"}
    (command,) = runner_commands(scripts, "/result")
    assert command.line == f"tsc && jest {JEST}"


@pytest.mark.parametrize(
    "scripts",
    [
        {"test": "make test"},
        {"test": "jest | tee log"},
        {"test": "jest; echo done"},
        {"test": "(jest)"},
        {"test": "jest || true"},
        {"test": "jest > log"},
        {"test": "jest $ARGS"},
        {"test": "jest `ls`"},
        {"test": "jest\necho"},
        {"test": "jest 'open"},
        {"test": "npm run test"},
        {"test": "npm run other"},
        {"test": "echo jest"},
        {"test": "node server.js --test"},
        {},
    ],
)
def test_what_only_a_shell_understands_or_runs_nothing_known_is_left(scripts: dict[str, str]):
    assert runner_commands(scripts, "/result") == []


@pytest.mark.parametrize("runner", [Runner.VITEST, Runner.JEST, Runner.MOCHA, Runner.NODE_TEST])
def test_every_runner_has_a_command_of_its_own(runner: Runner):
    command = default_command(runner, "/a b/result")
    assert any("/a b/result" in word for word in shlex.split(command.line))


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_script_gives_commands_a_shell_can_split(test: str, other: str):
    for command in runner_commands({"test": f"{test} jest {other}", "x": other}, "/result"):
        assert shlex.split(command.line)


@given(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=8), max_size=4))
def test_arguments_reach_the_runner_as_they_were(words: list[str]):
    script = shlex.join(["jest", *words])
    found = runner_commands({"test": script}, "/result")
    asked = [word for word in words if word not in {"--watch", "--watchAll"}]
    assert [shlex.split(command.line) for command in found] == [
        ["jest", *asked, *shlex.split(JEST)]
    ]


def test_patterns_stay_for_the_shell():
    (command,) = runner_commands({"test": "jest src/*.js 'a b' \"c&&d\""}, "/result")
    assert command.line == f"jest src/*.js 'a b' \"c&&d\" {JEST}"
