"""One model's conversation about one question: what to send next, given what came back.

Knows no provider, store or parser, and makes a bounded number of calls whatever comes back: the
first, `MAX_EXTENSIONS` after an answer that was cut off (with more room while the model has it,
else to go on writing, which free text only allows) and `MAX_REASKS` with an error.
"""

import re

from core.errors import AnswerError
from providers.llm.provider import LLMResponse, Message

MAX_EXTENSIONS = 2
MAX_REASKS = 2
MAX_CALLS = 1 + MAX_EXTENSIONS + MAX_REASKS
"""Calls of one conversation at most."""

_PROBLEM_CHARACTERS = 4_000
_CONTINUE = (
    "Your answer was cut off. Go on exactly where it stopped, in the middle of the word or line "
    "if need be. Repeat nothing and add no introduction."
)
_REASK = (
    "Your answer cannot be used, for this reason:\n\n{problem}\n\n"
    "Answer the question again, whole and corrected, in the format that was asked for. "
    "Leave out apologies and explanations."
)
_OPENING_FENCE = re.compile(r"\A(`{3,}|~{3,})[^\n]*\n")
_FENCE_LINE = re.compile(r"^(?:`{3,}|~{3,})", re.MULTILINE)


class Conversation:
    """A model is asked until its answer is whole and accepted, or cannot be expected any more.

    Args:
        question: the user's turn.
        max_tokens: room of the first answer.
        most_tokens: the model's maximum.
        continues: an answer that does not fit into the maximum may be continued; only pieces of
            free text can be put together.

    Attributes:
        messages: the turns to send next.
        max_tokens: the room to ask for next.
    """

    def __init__(
        self, question: str, *, max_tokens: int, most_tokens: int, continues: bool
    ) -> None:
        self.max_tokens = min(max_tokens, most_tokens)
        self._most_tokens = most_tokens
        self._continues = continues
        self._turns = (Message(role="user", content=question),)
        self._text = ""
        self._extensions = self._reasks = 0

    @property
    def messages(self) -> tuple[Message, ...]:
        """The turns to send next."""
        if not self._text:
            return self._turns
        return (
            *self._turns,
            Message(role="assistant", content=self._text),
            Message(role="user", content=_CONTINUE),
        )

    def take(self, response: LLMResponse) -> str | None:
        """The whole answer; `None` when it is cut off and more is to be asked.

        Raises:
            AnswerError: it is cut off, and no more can be expected; or it was filtered.
        """
        if response.finish_reason == "content_filter":
            raise AnswerError("the provider's content filter stopped the answer")
        if response.finish_reason != "length":
            text = _joined(self._text, response.content)
            self._text = ""
            return text
        if self._extensions < MAX_EXTENSIONS and self.max_tokens < self._most_tokens:
            self.max_tokens = min(2 * self.max_tokens, self._most_tokens)
        elif self._extensions < MAX_EXTENSIONS and self._continues and response.content:
            self._text = _joined(self._text, response.content)
        else:
            raise AnswerError(_cut_off(response.output_tokens, self.max_tokens))
        self._extensions += 1
        return None

    def reject(self, text: str, problem: str) -> None:
        """Say what is wrong with a whole answer, so that it is asked for again.

        Raises:
            AnswerError: it was asked for often enough.
        """
        problem = problem.strip() or "it is not what was asked for"
        if len(problem) > _PROBLEM_CHARACTERS:
            problem = f"{problem[: _PROBLEM_CHARACTERS - 1]}…"
        if self._reasks >= MAX_REASKS:
            raise AnswerError(f"the answer cannot be used: {problem}")
        self._reasks += 1
        turn = _REASK.format(problem=problem)
        if text.strip():
            said = Message(role="assistant", content=text)
            self._turns = (*self._turns, said, Message(role="user", content=turn))
        else:
            # Providers refuse empty turns, and two turns of one role in a row.
            last = self._turns[-1].content
            longer = Message(role="user", content=f"{last}\n\n{turn}")
            self._turns = (*self._turns[:-1], longer)


def _cut_off(written: int, allowed: int) -> str:
    """The problem in words; `written` is 0 where the provider counts no tokens."""
    if 0 < written < allowed:
        return (
            f"the answer is cut off after {written} of the {allowed} tokens it may have: "
            "the model's context is full, or the server has a limit of its own"
        )
    return f"the answer is cut off, last at {allowed} tokens"


def _joined(text: str, more: str) -> str:
    """A text continued; a fence that is open already is not opened again."""
    if len(_FENCE_LINE.findall(text)) % 2:
        more = _OPENING_FENCE.sub("", more, count=1)
    return text + more
