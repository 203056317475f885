"""What the content of a file of the inbox is taken for."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.inbox.reading import MOST_MOVED, read_file, reason_not_looked_at

NOTES = {"project_name": "Notes", "summary": "Keeps short notes — and finds them."}


def encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def test_a_questionnaire_is_whole() -> None:
    reading = read_file(encoded(NOTES))
    assert reading.kind == "whole"
    assert reading.questionnaire is not None
    assert reading.questionnaire.project_name == "Notes"


def test_a_mark_of_the_byte_order_is_no_part_of_it() -> None:
    assert read_file(b"\xef\xbb\xbf" + encoded(NOTES)).kind == "whole"


@given(st.integers(min_value=0, max_value=len(encoded(NOTES)) - 1))
def test_every_beginning_of_a_questionnaire_is_still_open(length: int) -> None:
    reading = read_file(encoded(NOTES)[:length])
    assert reading.kind == "open"
    assert reading.reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[]", "should be an object"),
        (encoded({"project_name": "Notes"}), "summary: Field required"),
        (encoded({**NOTES, "colour": "red"}), "colour: Extra inputs"),
        (b'{"project_name": "A", "project_name": "B", "summary": "s"}', "is given twice"),
        (b" " * 1_000_001, "it has 1,000,001 bytes, and a questionnaire has at most 1,000,000"),
    ],
)
def test_what_is_all_there_and_wrong_is_bad(content: bytes, reason: str) -> None:
    reading = read_file(content)
    assert reading.kind == "bad"
    assert reason in reading.reason


@pytest.mark.parametrize("content", [b"12", b"null", b'"text', b"[" * 100_000, b"\xff\xfe"])
def test_what_may_go_on_is_open(content: bytes) -> None:
    assert read_file(content).kind == "open"


@pytest.mark.parametrize(
    ("name", "size", "reason"),
    [
        ("notes.json", 10, ""),
        ("notes.json.part", 10, "does not end in .json"),
        ("team/notes.json", 10, "in a folder"),
        ("notes.json", MOST_MOVED + 1, "too large to be moved"),
    ],
)
def test_what_is_none_of_ours_is_not_looked_at(name: str, size: int, reason: str) -> None:
    found = reason_not_looked_at(name, size)
    assert reason in found
    assert bool(found) == bool(reason)
