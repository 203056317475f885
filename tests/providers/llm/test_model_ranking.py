"""What is expected of a model, from the catalogue's word and what was observed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.llm.catalogue import ModelRow
from providers.llm.model_ranking import PRIOR_CALLS, SECOND_USD, outlook
from providers.storage.call_statistics import ModelRecord

ROW = ModelRow(name="m", wire_id="m", latency_seconds=10, reliability=0.9)


def record(calls: int, successes: int, median: float | None = None) -> ModelRecord:
    return ModelRecord(
        provider="p", model="m", calls=calls, successes=successes, median_seconds=median
    )


@pytest.mark.parametrize("nothing", [None, record(0, 0)])
def test_without_observations_the_catalogue_is_believed(nothing: ModelRecord | None) -> None:
    expected = outlook(ROW, 0.01, nothing)
    assert (expected.latency_seconds, expected.reliability) == (10, 0.9)
    assert expected.answer_usd == pytest.approx((0.01 + SECOND_USD * 10) / 0.9)


def test_as_many_observations_as_the_prior_weighs_count_half() -> None:
    expected = outlook(ROW, 0.01, record(PRIOR_CALLS, PRIOR_CALLS, 30))
    assert expected.latency_seconds == pytest.approx(20)
    assert expected.reliability == pytest.approx(0.95)


def test_many_observations_outweigh_the_prior() -> None:
    expected = outlook(ROW, 0.01, record(10_000, 2_000, 60))
    assert expected.latency_seconds == pytest.approx(60, rel=0.01)
    assert expected.reliability == pytest.approx(0.2, rel=0.01)


def test_failures_alone_say_nothing_of_latency() -> None:
    expected = outlook(ROW, 0.01, record(5, 0))
    assert expected.latency_seconds == 10
    assert expected.reliability == pytest.approx(18 / 25)


@given(
    st.integers(0, 10**6),
    st.floats(0, 1),
    st.one_of(st.none(), st.floats(0, 1e6)),
    st.floats(0.001, 1),
    st.floats(0.1, 3_600),
)
def test_what_is_expected_lies_between_the_catalogue_and_what_was_seen(
    calls: int, share: float, median: float | None, reliability: float, latency: float
) -> None:
    row = ROW.model_copy(update={"reliability": reliability, "latency_seconds": latency})
    successes = int(calls * share)
    expected = outlook(row, 0.0, record(calls, successes, median))
    seen = successes / calls if calls else reliability
    assert min(seen, reliability) - 1e-9 <= expected.reliability <= max(seen, reliability) + 1e-9
    assert expected.reliability > 0
    slowest = latency if median is None else max(median, latency)
    assert 0 <= expected.latency_seconds <= slowest * (1 + 1e-9)
