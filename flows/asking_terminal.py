"""Asks at the terminal of the command line what a deployed build asks in the Prefect UI."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal, cast, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from rich.console import Console
from rich.markdown import Markdown
from rich.text import Text

from core.errors import InputError
from core.printable import printable
from core.questionnaire_text import problems_of
from flows.asking_person import Answer, FormT, Question
from flows.terminal import TerminalListener

_YES = frozenset({"y", "yes"})
_NO = frozenset({"n", "no"})


class TerminalQuestions:
    """Asks field by field; an empty line takes the default, the end of input all that are left.

    Args:
        console: where questions are printed.
        listener: prints how the build goes; what moves is taken away before a question.
        descriptor: the terminal's file descriptor, where lines are read.
    """

    def __init__(self, console: Console, listener: TerminalListener, descriptor: int) -> None:
        self._console = console
        self._listener = listener
        self._descriptor = descriptor

    async def ask(self, question: Question[FormT], seconds: float) -> Answer[FormT]:
        """Ask, and wait for so many seconds at most, over all fields."""
        self._listener.close()
        self._console.print()
        self._console.print(Markdown(question.page))
        try:
            async with asyncio.timeout(seconds), _lines_of(self._descriptor) as lines:
                form = await self._filled(question.form, lines)
        except TimeoutError:
            self._console.print(Text("\nNobody answered in time.", style="yellow"))
            return Answer(question.form.model_validate(question.form.unattended), attended=False)
        return Answer(form, attended=True)

    async def _filled(self, form: type[FormT], lines: AsyncIterator[str]) -> FormT:
        """Ask all fields, and all of them again where they do not fit each other."""
        fields = sorted(form.model_fields.items(), key=lambda item: _position(item[1]))
        while True:
            values: dict[str, Any] = {}
            for name, field in fields:
                if not await self._asked(form, name, field, values, lines):
                    break
            try:
                return form.model_validate(values)
            except ValidationError as error:
                self._refuse(problems_of(error))

    async def _asked(
        self,
        form: type[FormT],
        name: str,
        field: FieldInfo,
        values: dict[str, Any],
        lines: AsyncIterator[str],
    ) -> bool:
        """Ask one field until its value is one it can have.

        Returns:
            Whether there may be more lines.
        """
        self._head(field)
        while True:
            self._console.print(Text(f"{_hint(field)} > ", style="bold"), end="")
            line = await anext(lines, None)
            if line is None:
                self._console.print()
                return False
            if not line.strip():
                return True
            try:
                value = _value(field, line.strip())
                form.model_validate({name: value})
            except InputError as error:
                self._refuse(str(error))
            except ValidationError as error:
                self._refuse(problems_of(error))
            else:
                values[name] = value
                return True

    def _head(self, field: FieldInfo) -> None:
        self._console.print()
        self._console.print(Text(printable(field.title or ""), style="bold"), soft_wrap=True)
        if field.description:
            told = Text(printable(field.description), style="dim")
            self._console.print(told, soft_wrap=True)
        for number, choice in enumerate(_choices(field), 1):
            self._console.print(f"  {number}. {choice}", markup=False)

    def _refuse(self, problem: str) -> None:
        self._console.print(Text(printable(problem), style="red"), soft_wrap=True)


def _position(field: FieldInfo) -> int:
    extra = cast("Mapping[str, Any]", field.json_schema_extra or {})
    return int(extra.get("position", 0))


def _choices(field: FieldInfo) -> tuple[str, ...]:
    return get_args(field.annotation) if get_origin(field.annotation) is Literal else ()


def _hint(field: FieldInfo) -> str:
    """What an empty line means."""
    choices = _choices(field)
    if choices:
        return f"[{choices.index(field.default) + 1}]"
    if field.annotation is bool:
        return "[Y/n]" if field.default else "[y/N]"
    return f"[{field.default:g}]" if field.annotation is float else ""


def _value(field: FieldInfo, line: str) -> Any:
    """What a line means for a field.

    Raises:
        InputError: it means nothing.
    """
    choices = _choices(field)
    if choices:
        if line.isdecimal() and 1 <= int(line) <= len(choices):
            return choices[int(line) - 1]
        raise InputError(f"{line!r} is none of the numbers from 1 to {len(choices)}")
    if field.annotation is bool:
        if line.casefold() in _YES | _NO:
            return line.casefold() in _YES
        raise InputError(f"{line!r} is neither y nor n")
    return line


@asynccontextmanager
async def _lines_of(descriptor: int) -> AsyncGenerator[AsyncIterator[str]]:
    """Lines of a terminal as they come, without a thread that would wait for one for ever."""
    pieces: asyncio.Queue[bytes] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, lambda: pieces.put_nowait(_read(descriptor)))

    async def lines() -> AsyncIterator[str]:
        rest = b""
        while piece := await pieces.get():
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                yield line.decode(errors="replace")

    try:
        yield lines()
    finally:
        loop.remove_reader(descriptor)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65_536)
    except OSError:  # the terminal is gone
        return b""
