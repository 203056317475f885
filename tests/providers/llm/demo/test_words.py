import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.llm.demo.words import (
    capital,
    human,
    pascal_case,
    plural,
    singular,
    snake_case,
    with_article,
    words_of,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("due date", ["due", "date"]),
        ("dueDate", ["due", "Date"]),
        ("HTTPServer", ["HTTP", "Server"]),
        ("person's e-mail", ["persons", "e", "mail"]),
        ("straße", ["strasse"]),
        ("任务", ["Ren", "Wu"]),
        ("🚀", []),
        ("", []),
    ],
)
def test_words_of_any_script(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@given(st.text())
def test_words_are_plain_letters_and_digits(text: str) -> None:
    assert all(re.fullmatch(r"[A-Za-z0-9]+", word) for word in words_of(text))


def test_spellings() -> None:
    assert snake_case("DueDate") == snake_case("dueDate") == "due_date"
    assert snake_case("HTTPServer") == "http_server"
    assert pascal_case("due_date") == "DueDate"
    assert human("DueDate") == human("due_date") == "Due date"
    assert capital("a task") == "A task"
    assert with_article("order") == "an order"
    assert with_article("task") == "a task"


@given(st.from_regex(r"[A-Z][A-Za-z0-9]{0,20}", fullmatch=True))
def test_snake_case_loses_nothing_but_capitals(name: str) -> None:
    assert snake_case(name).replace("_", "") == name.lower()


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("task", "tasks"),
        ("category", "categories"),
        ("day", "days"),
        ("box", "boxes"),
        ("class", "classes"),
        ("person", "people"),
        ("team_person", "team_people"),
        ("status", "statuses"),
    ],
)
def test_plurals(one: str, many: str) -> None:
    assert plural(one) == many


@pytest.mark.parametrize("word", ["tasks", "categories", "boxes", "classes", "people", "children"])
def test_a_plural_stays_and_has_a_singular(word: str) -> None:
    assert plural(word) == word
    assert plural(singular(word)) == word


@pytest.mark.parametrize("word", ["task", "status", "class", "bus", "as", "", "2"])
def test_what_is_no_plural_is_its_own_singular(word: str) -> None:
    assert singular(word) == word
