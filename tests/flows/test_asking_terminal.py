"""What a build asks is asked at the terminal, where somebody sits at one."""

import asyncio
import os
import pty
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any, ClassVar, Literal

import pytest
from pydantic import Field, JsonValue
from rich.console import Console

from core.stages import StageTable
from flows.asking_person import Answer, Form, Question
from flows.asking_terminal import TerminalQuestions
from flows.terminal import TerminalListener


class Lunch(Form):
    """What there is to eat."""

    unattended: ClassVar[Mapping[str, JsonValue]] = {"dish": "Nothing"}

    spicy: bool = Field(default=False, title="Spicy?", json_schema_extra={"position": 3})
    dish: Literal["Soup", "Rice", "Nothing"] = Field(
        default="Soup", title="Dish", json_schema_extra={"position": 0}
    )
    price: float = Field(
        default=5, gt=2, title="Price", description="Most.", json_schema_extra={"position": 2}
    )
    wish: str = Field(default="", title="Wish", json_schema_extra={"position": 1})


QUESTION = Question(form=Lunch, name="lunch", text="Lunch?", page="**Lunch** for all.")


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Where a person types, and where the command reads."""
    person, command = pty.openpty()
    yield person, command
    os.close(person)
    os.close(command)


async def asked(terminal: tuple[int, int], typed: str, seconds: float = 20) -> tuple[Any, str]:
    person, command = terminal
    console = Console(file=StringIO(), width=100)
    questions = TerminalQuestions(console, TerminalListener(console, StageTable(())), command)
    asking: asyncio.Task[Answer[Lunch]] = asyncio.create_task(questions.ask(QUESTION, seconds))
    await asyncio.sleep(0)
    os.write(person, typed.encode())
    answer = await asking
    assert isinstance(console.file, StringIO)
    return answer, console.file.getvalue()


async def test_fields_come_in_order_and_empty_lines_are_defaults(
    terminal: tuple[int, int],
) -> None:
    answer, shown = await asked(terminal, "2\nno onions\n\ny\n")
    assert answer.attended
    assert answer.form == Lunch(dish="Rice", wish="no onions", price=5, spicy=True)
    assert shown.index("Lunch for all.") < shown.index("Dish") < shown.index("Wish")
    assert "  2. Rice" in shown
    assert "[1] > " in shown
    assert "[5] > " in shown


async def test_what_cannot_be_is_asked_again(terminal: tuple[int, int]) -> None:
    answer, shown = await asked(terminal, "9\n1\n\n1.5\nmuch\n3\nperhaps\nn\n")
    assert answer.form == Lunch(price=3)
    assert "'9' is none of the numbers from 1 to 3" in shown
    assert "greater than 2" in shown
    assert "valid number" in shown
    assert "'perhaps' is neither y nor n" in shown


async def test_the_end_of_input_takes_what_is_left_as_it_is(terminal: tuple[int, int]) -> None:
    answer, _ = await asked(terminal, "2\n\x04")
    assert answer.attended
    assert answer.form == Lunch(dish="Rice")


async def test_nobody_there_is_nobody_s_answer(terminal: tuple[int, int]) -> None:
    answer, shown = await asked(terminal, "1\n", seconds=0.3)
    assert not answer.attended
    assert answer.form == Lunch(dish="Nothing")
    assert "Nobody answered in time." in shown
