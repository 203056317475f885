"""Any order of asking, spending, waiting and restarting serves what the rules say."""

import asyncio
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from providers.llm.checkpoints import AnswerCheckpoints, Keep, KeptAnswer, Slot
from providers.llm.provider import LLMResponse
from providers.llm.shared_answers import SharedAnswers
from tests.providers.llm.scripted import MemoryStore

TTL = 100
BUILDS = st.sampled_from(["one", "two", "three"])
KEYS = st.sampled_from(["aa", "bb"])


@dataclass
class Rules:
    """What each build has, and what is shared, by question.

    Attributes:
        own: answers of a build to a question, the first first; `None` for a spent one.
        shared: the shared answer and when it was given.
    """

    own: dict[tuple[str, str], list[str | None]] = field(
        default_factory=dict[tuple[str, str], list[str | None]]
    )
    shared: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])

    def answer(self, build: str, key: str, now: int, *, sharing: bool) -> tuple[str, str | None]:
        """Where the answer must come from, and which it is unless it is asked for."""
        answers = self.own.get((build, key), [])
        if answers and answers[-1] is not None:
            return "own", answers[-1]
        content, given = self.shared.get(key, ("", -TTL))
        if sharing and not answers and now - given < TTL:
            return "shared", content
        return "asked", None


class Answers(RuleBasedStateMachine):
    """Drives the checkpoints of a few builds on one store."""

    @initialize()
    def begin(self) -> None:
        self.store = MemoryStore()
        self.now = 0
        self.asked = 0
        self.expected = Rules()
        self.restart()

    @rule()
    def restart(self) -> None:
        """Forget all that is not in the store."""
        shared = SharedAnswers(self.store, seconds=TTL, clock=lambda: self.now)
        self.sharing = AnswerCheckpoints(self.store, shared)
        self.alone = AnswerCheckpoints(self.store)

    @rule(seconds=st.sampled_from([1, TTL - 1, TTL, 10 * TTL]))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.now += seconds

    @rule(build=BUILDS, key=KEYS, sharing=st.booleans(), callers=st.integers(1, 4))
    def ask(self, build: str, key: str, sharing: bool, callers: int) -> None:
        """Ask as several callers of one build at once."""
        origin, content = self.expected.answer(build, key, self.now, sharing=sharing)
        before = self.asked
        kept = asyncio.run(self._answers(build, key, callers, sharing=sharing))

        assert self.asked - before == (origin == "asked")
        content = content or f"A{before}"
        assert {one.response.content for one in kept} == {content}
        assert [one.origin for one in kept].count(origin) >= 1
        assert {one.origin for one in kept} <= {origin, "own"}
        if origin != "own":
            self.expected.own.setdefault((build, key), []).append(content)
        if origin == "asked" and sharing:
            self.expected.shared[key] = (content, self.now)

    @rule(build=BUILDS, key=KEYS)
    def spend(self, build: str, key: str) -> None:
        """Find a build's last answer bad."""
        answers = self.expected.own.get((build, key), [])
        if not answers or answers[-1] is None:
            return
        asyncio.run(self.sharing.spend([Slot(build, key, len(answers) - 1)]))
        answers[-1] = None
        self.expected.shared.pop(key, None)

    async def _answers(
        self, build: str, key: str, callers: int, *, sharing: bool
    ) -> list[KeptAnswer]:
        checkpoints = self.sharing if sharing else self.alone

        async def ask(keep: Keep) -> LLMResponse:
            answer = LLMResponse(content=f"A{self.asked}", provider="p", model="m", cost_usd=1)
            self.asked += 1
            await keep(answer)
            return answer

        return await asyncio.gather(*(checkpoints.answer(build, key, ask) for _ in range(callers)))


TestAnswers = Answers.TestCase
TestAnswers.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
