"""Every command that README and pages tell is run by a test, and every row leads to one."""

import re

from tests.docs.commands import RUN_BY, commands_told, row_of
from tests.docs.pages import ROOT, read

TOLD = list(commands_told())
SUITE = re.compile(r"make (test|bench)-([a-z-]+)")
"""A suite of tests, or a benchmark: it is what is run."""


def test_every_command_is_run_by_a_test() -> None:
    unknown = [
        told for told in TOLD if row_of(told.text) is None and not SUITE.fullmatch(told.text)
    ]
    assert unknown == [], "add them to tests/docs/commands.py, with the test that runs them"
    assert len(TOLD) > 40


def test_every_row_is_of_a_command_that_is_told() -> None:
    assert {row_of(told.text) for told in TOLD} - {None} == set(RUN_BY)


def test_every_row_leads_to_a_test_that_has_its_words() -> None:
    for command, (test, words) in RUN_BY.items():
        assert words in read(test), command


def test_every_suite_and_benchmark_that_is_told_is_there() -> None:
    makefile = read("Makefile")
    for told in TOLD:
        if SUITE.fullmatch(told.text):
            target = told.text.removeprefix("make ")
            (recipe,) = re.findall(rf"^{target}:.*\n\t(.*)$", makefile, re.MULTILINE)
            (path,) = re.findall(r"(?:pytest .*?|-m )(tests/[\w/]+|benchmarks\.\w+)", recipe)
            assert (ROOT / path).exists() or (ROOT / f"{path.replace('.', '/')}.py").exists()
