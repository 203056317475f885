"""The chart is drawn for whatever a ledger can hold; how it looks is for people to see."""

import struct
from datetime import timedelta

import pytest

from providers.storage.call_statistics import CallGroup
from tasks.usage.chart import draw_chart
from tests.tasks.usage.usage_samples import FIRST, group, report

MODELS = {
    "one": (group("p/m"),),
    "many": tuple(group(f"p/m{number}", str(10 - number)) for number in range(9)),
    "free": (group("demo/demo", "0"),),
    "tiny": (group("p/m", "0.000012"),),
    "dear": (group("p/m", "123456"),),
    "silent": (group("p/m", answered=0, failed=0, p50_seconds=None, p95_seconds=None),),
    "slow": (group("p/m", p50_seconds=250.0, p95_seconds=3_000.0),),
    "odd-names": (group("a-provider-with-a-name/" + "x" * 60), group("$p/$m$_{2}")),
}


@pytest.mark.parametrize("models", MODELS.values(), ids=MODELS.keys())
def test_a_report_becomes_a_png_of_the_promised_size(models: tuple[CallGroup, ...]) -> None:
    picture = draw_chart(report(*models))
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", picture[16:24]) == (1320, 880)


def test_the_same_report_is_the_same_picture_and_another_is_not() -> None:
    first = draw_chart(report(group("p/m")))
    assert draw_chart(report(group("p/m"))) == first
    assert draw_chart(report(group("p/m", "2"))) != first


@pytest.mark.parametrize("days", [1, 2, 366])
def test_any_number_of_days_can_be_drawn(days: int) -> None:
    usage = report(group("p/m"))
    costs = tuple(cost for cost in usage.daily_costs if cost.day == FIRST.isoformat())
    last = FIRST + timedelta(days=days - 1)
    assert draw_chart(usage.model_copy(update={"last_day": last, "daily_costs": costs}))
