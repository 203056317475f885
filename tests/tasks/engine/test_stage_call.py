from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from prefect.context import TaskRunContext

from tasks.engine.cache_policy import ContentAddressed
from tasks.engine.stage_call import StageCall

texts = st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3)
calls = st.builds(
    StageCall,
    stage=st.sampled_from(["1", "7"]),
    name=st.text(max_size=5),
    file=st.text(max_size=5),
    inputs=texts,
    edits=texts,
    identity=st.lists(st.text(max_size=5), max_size=2).map(tuple),
    salt=st.text(max_size=5),
)


@given(calls, calls)
def test_two_calls_share_a_result_exactly_when_all_that_decides_is_equal(
    one: StageCall, other: StageCall
) -> None:
    decisive = {"name"}
    same = one.model_dump(exclude=decisive) == other.model_dump(exclude=decisive)
    assert (one.cache_key() == other.cache_key()) is same


def key(inputs: dict[str, Any]) -> str | None:
    context = TaskRunContext.model_construct()
    return ContentAddressed().compute_key(context, inputs, {"run_id": "x"})


def test_the_key_is_the_digest_of_the_one_call_among_the_arguments() -> None:
    call = StageCall(stage="1.5", name="n")
    assert key({"call": call}) == f"1.5-{call.cache_key()}"


def test_without_a_call_nothing_is_kept() -> None:
    assert key({}) is None
    assert key({"a": StageCall(stage="1", name="n"), "b": StageCall(stage="1", name="n")}) is None
