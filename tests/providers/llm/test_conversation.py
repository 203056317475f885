"""What is sent next, given what came back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import AnswerError
from providers.llm.conversation import MAX_CALLS, Conversation
from providers.llm.provider import FinishReason, LLMResponse


def response(
    content: str, finish_reason: FinishReason = "stop", output_tokens: int = 0
) -> LLMResponse:
    return LLMResponse(
        content=content,
        provider="p",
        model="m",
        finish_reason=finish_reason,
        output_tokens=output_tokens,
    )


def conversation(
    *, continues: bool = False, max_tokens: int = 100, most: int = 350
) -> Conversation:
    return Conversation("Q", max_tokens=max_tokens, most_tokens=most, continues=continues)


def texts(talk: Conversation) -> list[tuple[str, str]]:
    return [(turn.role, turn.content) for turn in talk.messages]


def test_a_whole_answer_is_taken() -> None:
    talk = conversation()
    assert texts(talk) == [("user", "Q")]
    assert talk.take(response("A")) == "A"


def test_room_is_held_to_the_models_maximum() -> None:
    assert conversation(max_tokens=1_000).max_tokens == 350


def test_a_cut_off_answer_is_asked_for_with_more_room_then_given_up() -> None:
    talk = conversation()
    rooms: list[int] = []
    for _ in range(2):
        assert talk.take(response("A", "length")) is None
        rooms.append(talk.max_tokens)
        assert texts(talk) == [("user", "Q")]
    assert rooms == [200, 350]
    with pytest.raises(AnswerError, match="cut off, last at 350 tokens"):
        talk.take(response("A", "length"))


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (120, r"cut off after 120 of the 350 tokens it may have: the model's context is full, or"),
        (350, r"cut off, last at 350 tokens$"),
    ],
)
def test_of_an_answer_cut_off_early_the_server_is_said_to_have_ended_it(
    written: int, message: str
) -> None:
    with pytest.raises(AnswerError, match=message):
        conversation(max_tokens=350).take(response("A", "length", written))


def test_free_text_at_the_maximum_is_continued_and_put_together() -> None:
    talk = conversation(continues=True, max_tokens=350)
    assert talk.take(response("```python\na = 1\nb", "length")) is None
    assert [role for role, _ in texts(talk)] == ["user", "assistant", "user"]
    assert texts(talk)[1] == ("assistant", "```python\na = 1\nb")
    assert "Go on exactly where it stopped" in texts(talk)[2][1]
    assert talk.take(response(" = 2\n", "length")) is None
    assert talk.take(response("```python\nc = 3\n```\n")) == (
        "```python\na = 1\nb = 2\nc = 3\n```\n"
    )
    assert texts(talk) == [("user", "Q")]


def test_text_outside_a_fence_keeps_the_fence_that_follows() -> None:
    talk = conversation(continues=True, max_tokens=350)
    talk.take(response("Text\n", "length"))
    assert talk.take(response("```\ncode\n```")) == "Text\n```\ncode\n```"


def test_continuing_ends() -> None:
    talk = conversation(continues=True, max_tokens=350)
    for _ in range(2):
        assert talk.take(response("more", "length")) is None
    with pytest.raises(AnswerError, match="cut off"):
        talk.take(response("more", "length"))


def test_an_empty_cut_off_answer_cannot_be_continued() -> None:
    with pytest.raises(AnswerError, match="cut off"):
        conversation(continues=True, max_tokens=350).take(response("", "length"))


def test_a_filtered_answer_is_given_up_at_once() -> None:
    with pytest.raises(AnswerError, match="content filter"):
        conversation().take(response("A", "content_filter"))


def test_a_rejected_answer_is_asked_for_again_in_the_same_conversation() -> None:
    talk = conversation()
    talk.reject("A1", "$.name: missing")
    talk.reject("A2", "")
    turns = texts(talk)
    assert [role for role, _ in turns] == ["user", "assistant", "user", "assistant", "user"]
    assert [text for role, text in turns if role == "assistant"] == ["A1", "A2"]
    assert "$.name: missing" in turns[2][1]
    assert "it is not what was asked for" in turns[4][1]
    with pytest.raises(AnswerError, match=r"cannot be used: \$\.title: missing"):
        talk.reject("A3", "$.title: missing")


def test_an_empty_answer_is_not_quoted_as_an_empty_turn() -> None:
    talk = conversation()
    talk.reject(" \n", "the answer is empty")
    assert [role for role, _ in texts(talk)] == ["user"]
    assert texts(talk)[0][1].startswith("Q\n\n")
    assert "the answer is empty" in texts(talk)[0][1]


def test_a_long_problem_is_bounded() -> None:
    talk = conversation()
    talk.reject("A", "x" * 100_000)
    assert len(texts(talk)[2][1]) < 5_000


@given(
    outcomes=st.lists(
        st.tuples(st.sampled_from(["bad", "", "length", "content_filter"]), st.booleans()),
        min_size=1,
        max_size=4,
    ).map(lambda pattern: pattern * (MAX_CALLS + 1)),
    continues=st.booleans(),
    max_tokens=st.integers(1, 500),
    most=st.integers(1, 500),
)
def test_ends_within_its_bound_with_alternating_turns(
    outcomes: list[tuple[str, bool]], continues: bool, max_tokens: int, most: int
) -> None:
    talk = conversation(continues=continues, max_tokens=max_tokens, most=most)
    calls = 0

    def run() -> None:
        nonlocal calls
        for kind, empty in outcomes:
            roles = [turn.role for turn in talk.messages]
            assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
            assert all(turn.content for turn in talk.messages)
            assert 1 <= talk.max_tokens <= most
            calls += 1
            reason = kind if kind in ("length", "content_filter") else "stop"
            text = talk.take(
                LLMResponse.model_validate(
                    {
                        "content": "" if empty else kind,
                        "provider": "p",
                        "model": "m",
                        "finish_reason": reason,
                    }
                )
            )
            if text is not None:
                talk.reject(text, "bad")

    with pytest.raises(AnswerError):
        run()
    assert calls <= MAX_CALLS
