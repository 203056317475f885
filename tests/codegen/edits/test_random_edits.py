"""Edits of any text: exact ones give the exact result, others that result or a refusal."""

from collections.abc import Callable
from difflib import unified_diff
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from codegen.edits.applying import apply_edits
from codegen.edits.reading import read_edits
from codegen.paths import check_path
from tests.codegen.edits.changes import search_block, text_of, times

PATH = "src/any.txt"
PROTECTED = "tests/kept.txt"

relaxed = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
"""Machines that run the tests may be busy, and few random spans occur once in random lines."""


def _line(depth: int, text: str) -> str:
    return "  " * depth + text if text else ""


INDENTED = st.builds(
    _line,
    st.integers(0, 3),
    st.sampled_from(["", "", "end", "return value", "call(one, two)", "x = compute()", "-- note"]),
)
"""Lines as in sources: few different ones, so that they occur again and again."""

ODD = st.text(st.sampled_from("ab \t-+@\\#=~`\x0c\u2028é"), max_size=6)
LINES = st.lists(st.one_of(INDENTED, ODD), min_size=1, max_size=25)


def result_of(answer: str, text: str) -> str | None:
    return apply_edits({PATH: text}, read_edits(answer, {PATH})).get(PATH)


@st.composite
def two_versions(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """A file's lines, and the same with some lines replaced."""
    before = draw(LINES)
    after = list(before)
    for _ in range(draw(st.integers(1, 3))):
        first = draw(st.integers(0, len(after)))
        last = draw(st.integers(first, min(len(after), first + 3)))
        after[first:last] = draw(st.lists(st.one_of(INDENTED, ODD), max_size=3))
    assume(before != after and any(before) and any(after))
    return before, after


def diff_of(before: list[str], after: list[str], context: int) -> str:
    lines = unified_diff(before, after, f"a/{PATH}", f"b/{PATH}", n=context, lineterm="")
    fence = "`" * 12
    return "\n".join([f"{fence}diff", *lines, fence])


@relaxed
@given(two_versions(), st.integers(1, 4))
@example((["-- a", "b", "b"], ["++ c", "b", "b", "d"]), 1)
@example((["b", "-- a", *"efghijk"], ["b", "++ a", *"efghij", "l"]), 1)
def test_an_exact_diff_gives_the_exact_result(
    versions: tuple[list[str], list[str]], context: int
) -> None:
    before, after = versions
    answer = diff_of(before, after, context)
    assume("@@ -0,0" not in answer)

    assert result_of(answer, text_of(before)) == text_of(after)


@relaxed
@given(two_versions(), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_line_ends_stay(versions: tuple[list[str], list[str]], end: str, ended: bool) -> None:
    before, after = versions
    assume(ended or (before[-1] and after[-1] and len(before) > 1))
    texts = [text_of(lines).replace("\n", end) for lines in versions]
    texts = texts if ended else [text.removesuffix(end) for text in texts]

    assert result_of(diff_of(before, after, len(before)), texts[0]) == texts[1]


@st.composite
def searched(draw: st.DrawFn) -> tuple[list[str], int, int, list[str]]:
    """Lines, a span of them that occurs once however it is spaced, and what replaces it."""
    lines = draw(st.lists(INDENTED, min_size=3, max_size=25))
    first = draw(st.integers(0, len(lines) - 1))
    last = draw(st.integers(first + 1, len(lines)))
    come = draw(st.lists(INDENTED, max_size=4))
    span = lines[first:last]
    assume(any(span) and come != span)
    assume(times(span, lines, loosely=True) == 1)
    return lines, first, last, come


def replaced(lines: list[str], first: int, last: int, come: list[str]) -> str:
    return text_of([*lines[:first], *come, *lines[last:]])


@relaxed
@given(searched())
def test_an_exact_search_gives_the_exact_result(
    case: tuple[list[str], int, int, list[str]],
) -> None:
    lines, first, last, come = case

    answer = search_block(PATH, lines[first:last], come)
    assert result_of(answer, text_of(lines)) == replaced(lines, first, last, come)


def _shifted(line: str) -> str:
    return f"    {line}" if line else line


def _in_tabs(line: str) -> str:
    bare = line.lstrip()
    return "\t" * ((len(line) - len(bare)) // 2) + bare


def _doubled(line: str) -> str:
    return " " * (len(line) - len(line.lstrip())) + line


SLIPS = st.sampled_from([_shifted, _in_tabs, _doubled])


def _has_steps_of_two(lines: list[str]) -> bool:
    """Whether the file tells its indentation: by what else could it be re-indented?"""
    depths = [len(line) - len(line.lstrip()) for line in lines if line]
    steps = [inner - outer for outer, inner in pairwise(depths) if inner > outer]
    return steps.count(2) > len(steps) / 2


@settings(relaxed, max_examples=200)
@given(searched(), SLIPS)
def test_systematic_slips_of_indentation_are_mended_or_refused(
    case: tuple[list[str], int, int, list[str]], slip: Callable[[str], str]
) -> None:
    lines, first, last, come = case
    assume(_has_steps_of_two(lines))
    search = [slip(line) for line in lines[first:last]]
    assume(search != lines[first:last])
    try:
        result = result_of(search_block(PATH, search, [*map(slip, come)]), text_of(lines))
    except ValueError:
        return

    assert result == replaced(lines, first, last, come)


@settings(relaxed, max_examples=200)
@given(two_versions(), st.data())
def test_slips_in_context_are_mended_or_refused(
    versions: tuple[list[str], list[str]], data: st.DataObject
) -> None:
    before, after = versions
    answer = diff_of(before, after, 4).split("\n")
    context = [number for number, line in enumerate(answer) if line.startswith(" ")]
    assume(context)
    for number in data.draw(st.lists(st.sampled_from(context), min_size=1, max_size=3)):
        answer[number] += data.draw(st.sampled_from([" ", "x", "  y = 1", "\t"]))
    if data.draw(st.booleans()):
        answer = ["@@ ... @@" if line.startswith("@@") else line for line in answer]
    for hunk in "\n".join(answer).split("\n@@")[1:]:
        old = [line[1:] for line in hunk.split("\n")[1:] if line[:1] in (" ", "-") and line]
        assume(times(old, before, loosely=True) == 0)
    try:
        result = result_of("\n".join(answer), text_of(before))
    except ValueError:
        return

    assert result == text_of(after)


ANSWERS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *("<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", "```", "```diff", "````py"),
                *(PATH, PROTECTED, "Tests/Kept.txt", "../up.txt", "a", "b", "    b", "", "c"),
                *("--- a/src/any.txt", "+++ b/src/any.txt", "--- /dev/null", "+++ /dev/null"),
                *("@@ -1,2 +1,2 @@", "@@", "-a", "+b", " b", "+++ b/../up.txt", "NO CHANGE: x"),
                *("diff --git a/src/any.txt b/up.txt", "rename from src/any.txt"),
                *("rename to tests/kept.txt", "rename to .git/x", "```py src/any.txt", "\\ No"),
            ]
        ),
        st.text(max_size=8),
    ),
    max_size=14,
).map("\n".join)


@settings(relaxed, max_examples=300)
@given(ANSWERS, st.sampled_from(["a\nb\nc\n", "b", "", "a\r\n    b\r\n"]))
def test_any_answer_is_applied_within_bounds_or_refused(answer: str, text: str) -> None:
    texts = {PATH: text, PROTECTED: "a\nb\n", "b.txt": "b\n"}
    given_texts = dict(texts)
    try:
        edits = read_edits(answer, set(texts))
        result = apply_edits(texts, edits, {PROTECTED})
    except ValueError as refusal:
        assert str(refusal)  # noqa: PT017 -- most answers are refused, and some are not
        assert texts == given_texts
        return

    assert texts == given_texts
    assert result
    assert set(result) <= set(edits.paths)
    for path, changed in result.items():
        assert check_path(path) == []
        assert path.casefold() != PROTECTED
        assert changed != texts.get(path)


@relaxed
@given(st.lists(st.tuples(st.booleans(), searched()), min_size=2, max_size=4))
def test_one_refusal_refuses_all(
    cases: list[tuple[bool, tuple[list[str], int, int, list[str]]]],
) -> None:
    texts: dict[str, str] = {}
    expected: dict[str, str] = {}
    answer = ""
    for number, (right, (lines, first, last, come)) in enumerate(cases):
        path = f"src/{number}.txt"
        texts[path] = text_of(lines)
        expected[path] = replaced(lines, first, last, come)
        search = lines[first:last] if right else [*lines[first:last], "is nowhere"]
        answer += search_block(path, search, come)
    edits = read_edits(answer, set(texts))

    if all(right for right, _ in cases):
        assert apply_edits(texts, edits) == expected
    else:
        with pytest.raises(ValueError, match="nothing was changed"):
            apply_edits(texts, edits)
