"""Answers as models give them, right and wrong in known ways, made from real sources."""

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from tests.codegen.edits.changes import (
    ACCEPTANCE,
    SOURCES,
    TREE,
    Change,
    random_change,
    search_block,
    text_of,
)

Outcome = Literal["applied", "refused", "either"]
"""`either`: whatever is done, only the result that is meant may come of it."""


@dataclass(frozen=True)
class ModelEdit:
    """An answer, and what must come of it.

    Attributes:
        kind: what is right or wrong about it.
        answer: what the model said.
        result: what it means.
        outcome: what must come of it.
        texts: the repository.
    """

    kind: str
    answer: str
    result: dict[str, str | None]
    outcome: Outcome
    texts: dict[str, str]


Maker = Callable[[Random, Change], tuple[str, Outcome]]


def generated_edits(seed: int) -> Iterator[ModelEdit]:
    """Make answers of every kind about every source."""
    random = Random(seed)
    for path in SOURCES:
        for kind, makers, rounds in _KINDS:
            for maker in makers * rounds:
                change = random_change(random, path)
                answer, outcome = maker(random, change)
                edit = ModelEdit(kind, answer, change.result, outcome, dict(TREE))
                yield _in_another_form(random, edit) if kind == "right" else edit


def _in_another_form(random: Random, edit: ModelEdit) -> ModelEdit:
    """The same with the line ends of Windows, or without the last, in the repository's files."""
    forms: list[Callable[[str], str]] = [str, _with_crlf, _without_last_end]
    form = random.choice(forms)
    texts = {path: form(text) for path, text in edit.texts.items()}
    result = {path: None if text is None else form(text) for path, text in edit.result.items()}
    return replace(edit, texts=texts, result=result)


def _with_crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


def _without_last_end(text: str) -> str:
    return text.removesuffix("\n")


def _fenced(random: Random, language: str, text: str) -> str:
    fence = random.choice(["```", "````", "~~~"])
    return f"The cause is plain.\n\n{fence}{language}\n{text.rstrip()}\n{fence}\n\nDone.\n"


def _right_search(random: Random, change: Change) -> tuple[str, Outcome]:
    context = random.choice([0, 1, 3]) if change.gone else 2
    block = search_block(change.path, *change.halves(context, loosely=False))
    return random.choice([block, f"It is this.\n\n{block}\nDone.", _with_crlf(block)]), "applied"


def _right_diff(random: Random, change: Change) -> tuple[str, Outcome]:
    text = "\n".join(change.diff())
    return random.choice([text, _fenced(random, "diff", text)]), "applied"


def _right_file(random: Random, change: Change) -> tuple[str, Outcome]:
    return _fenced(random, f"code {change.path}", text_of(change.after)), "applied"


def _off_by_lines(random: Random, change: Change) -> tuple[str, Outcome]:
    """Wrong numbers, wrong counts, or none, in the headers of hunks."""

    def header(found: re.Match[str]) -> str:
        shifted = f"@@ -{int(found[1]) + 7}{found[2]} +{int(found[3]) + 9}{found[4]} @@"
        miscounted = f"@@ -{found[1]},3 +{found[3]},99 @@"
        return random.choice([shifted, miscounted, "@@ -1,1 +1,1 @@", "@@ ... @@", "@@"])

    text = "\n".join(change.diff())
    text = re.sub(r"^@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@$", header, text, flags=re.MULTILINE)
    old, new = random.choice([("a/", "b/"), ("", ""), ("./", "./")])
    text = text.replace("--- a/", f"--- {old}").replace("+++ b/", f"+++ {new}")
    return _fenced(random, "diff", text), "applied"


Form = Callable[[list[str]], list[str]]


def _spaced(*forms: Form) -> list[Maker]:
    """Makers of search/replace blocks with both halves spaced in another way."""

    def maker(form: Form) -> Maker:
        def make(_: Random, change: Change) -> tuple[str, Outcome]:
            search, after = change.halves(2, loosely=True)
            spaced = form([*search, *after])
            if spaced[: len(search)] == search:  # then what comes is meant as it stands
                spaced = [*search, *after]
            halves = spaced[: len(search)], spaced[len(search) :]
            return search_block(change.path, *halves), "either"

        return make

    return [maker(form) for form in forms]


def _dedented(lines: list[str]) -> list[str]:
    return textwrap.dedent("\n".join(lines)).split("\n")


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" if line.strip() else line for line in lines]


def _indented_by(unit: str) -> Form:
    """Every step of indentation written as this."""

    def form(lines: list[str]) -> list[str]:
        leads = [line[: len(line) - len(line.lstrip())] for line in lines]
        step = min((len(lead) for lead in leads if lead), default=1)
        step = 1 if any(lead.startswith("\t") for lead in leads) else min(step, 4)
        return [
            unit * (len(lead) // step) + line.lstrip()
            for lead, line in zip(leads, lines, strict=True)
        ]

    return form


def _trailing_space(_: Random, change: Change) -> tuple[str, Outcome]:
    search, after = change.halves(2, loosely=True)
    return search_block(change.path, [f"{line}  " for line in search], after), "either"


def _one_wrong_line(random: Random, change: Change) -> tuple[str, Outcome]:
    """A typing error in a line of context."""
    search, after = change.halves(3, loosely=True)
    ends = [0, len(search) - 1]
    number = random.choice(ends)
    wrong = re.sub(r"\w(?=\w)", "x", search[number], count=1)
    for half, place in ((search, number), (after, number and len(after) - 1)):
        half[place] = wrong
    return search_block(change.path, search, after), "either"


def _foreign_context(_: Random, change: Change) -> tuple[str, Outcome]:
    """Only the lines that go are in the file."""
    foreign = [f"something_else({number}).of(another_file)" for number in range(6)]
    halves = ([*foreign[:3], *lines, *foreign[3:]] for lines in (change.gone, change.come))
    return search_block(change.path, *halves), "refused"


def _wrong_gone(_: Random, change: Change) -> tuple[str, Outcome]:
    """The lines that go are not those of the file."""
    search, after = change.halves(2, loosely=True)
    first = change.first - next(
        start
        for start in range(len(change.before))
        if list(change.before[start : start + len(search)]) == search
    )
    search[first : first + len(change.gone)] = ["const wrong = remembered(badly);"]
    return search_block(change.path, search, after), "refused"


def _overlapping(random: Random, change: Change) -> tuple[str, Outcome]:
    search, after = change.halves(2, loosely=False)
    other = random_change(random, random.choice([path for path in SOURCES if path != change.path]))
    fine = search_block(other.path, *other.halves(2, loosely=False))
    one = search_block(change.path, search, after)
    two = random.choice(
        [one, search_block(change.path, search, []), "\n".join([*change.diff(), ""])]
    )
    return fine + one + two, "refused"


def _malformed(*spoil: Callable[[str], str]) -> list[Maker]:
    """Makers of search/replace blocks that are spoilt."""

    def maker(form: Callable[[str], str]) -> Maker:
        def make(random: Random, change: Change) -> tuple[str, Outcome]:
            other = random_change(random, next(path for path in SOURCES if path != change.path))
            fine = search_block(other.path, *other.halves(2, loosely=False))
            spoilt = form(search_block(change.path, *change.halves(2, loosely=False)))
            return (spoilt if "<nowhere>" in spoilt else fine + spoilt), "refused"

        return make

    return [maker(form) for form in spoil]


def _elided(_: Random, change: Change) -> tuple[str, Outcome]:
    text = text_of([*change.come, "// ... rest of the code unchanged ..."])
    return f"```code {change.path}\n{text}```\n", "refused"


def _excerpt(_: Random, change: Change) -> tuple[str, Outcome]:
    text = text_of(change.before[change.first : change.first + 4])
    return f"{change.path}\n```code\n{text}```\n", "refused"


def _nothing_changes(random: Random, change: Change) -> tuple[str, Outcome]:
    search, _ = change.halves(2, loosely=False)
    whole = f"```code {change.path}\n{text_of(change.before)}```\n"
    return random.choice([search_block(change.path, search, search), whole]), "refused"


HOSTILE = (
    *("../outside.py", "/etc/cron.d/job", ".git/hooks/pre-commit", "src/../../x.py", "C:/x.py"),
    *("src/.GIT/config", ".github/workflows/ci.yml", "~/.ssh/config.txt", "src/nul.txt"),
    *(ACCEPTANCE, "tests/Test_Acceptance.py", "TESTS/test_acceptance.py", "SRC/new.py"),
)


def _outside(random: Random, change: Change) -> tuple[str, Outcome]:
    fine = search_block(change.path, *change.halves(2, loosely=False))
    path = random.choice(HOSTILE)
    hostile = random.choice(
        [
            search_block(path, [], ["x"]),
            f"```code {path}\nx = 1\n```\n",
            f"```diff\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n```\n",
            f"diff --git a/{path} b/src/y.py\nrename from {path}\nrename to src/y.py\n",
            f"diff --git a/src/cart.js b/{path}\nrename from src/cart.js\nrename to {path}\n",
            f"```diff\n--- a/{path}\n+++ /dev/null\n```\n",
        ]
    )
    return fine + hostile, "refused"


def _without(marker: str) -> Callable[[str], str]:
    return lambda block: block.replace(f"{marker}\n", "", 1)


def _without_path(block: str) -> str:
    return "<nowhere>\n" + block.partition("\n")[2]


def _halves_swapped(block: str) -> str:
    return block.replace("<<<<<<< SEARCH", ">>>>>>> REPLACE", 1)


def _repeated_divider(block: str) -> str:
    return block.replace("=======\n", "=======\n=======\n", 1)


def _unclosed(block: str) -> str:
    return f"```\n{block}"


_KINDS: Sequence[tuple[str, list[Maker], int]] = (
    ("right", [_right_search, _right_diff, _right_file], 4),
    ("off by lines", [_off_by_lines], 8),
    ("whitespace", _spaced(_dedented, _indented, _indented_by("\t"), _indented_by("    ")), 2),
    ("whitespace", [_trailing_space], 2),
    ("context", [_one_wrong_line], 6),
    ("context", [_foreign_context, _wrong_gone], 2),
    ("overlapping", [_overlapping], 4),
    (
        "malformed",
        _malformed(
            _without("======="),
            _without(">>>>>>> REPLACE"),
            _without("<<<<<<< SEARCH"),
            _without_path,
            _halves_swapped,
            _repeated_divider,
            _unclosed,
        ),
        1,
    ),
    ("malformed", [_elided, _excerpt, _nothing_changes], 1),
    ("outside", [_outside], 8),
)
