import pytest

from codegen.mended_files import refuse_breach, refuse_broken
from core.artifacts.structure import Export, FileContract

GOOD = "def total(prices):\n    return sum(prices)\n"
STUB = "def total(prices):\n    raise NotImplementedError\n"
CONTRACTS = {
    "shop.py": FileContract(
        path="shop.py", purpose="Prices.", exports=(Export(name="total", kind="function"),)
    )
}


def refused(before: dict[str, str], changed: dict[str, str | None]) -> str:
    with pytest.raises(ValueError, match="nothing was changed") as error:
        refuse_broken(before, changed, CONTRACTS)
    return str(error.value)


def test_a_whole_file_passes_and_so_does_one_that_goes() -> None:
    refuse_broken({"shop.py": STUB, "b.py": GOOD}, {"shop.py": GOOD, "b.py": None}, CONTRACTS)
    refuse_broken({}, {"empty.py": "", "notes.unknown": "}{"}, {})


def test_a_file_that_does_not_parse_is_refused() -> None:
    assert "- 'shop.py': line 3" in refused({"shop.py": GOOD}, {"shop.py": GOOD + ")"})


def test_a_promised_name_must_not_become_a_stub() -> None:
    assert "'shop.py'" in refused({"shop.py": GOOD}, {"shop.py": STUB})


def test_what_was_accepted_before_is_no_reason_to_refuse() -> None:
    refuse_broken({"shop.py": STUB}, {"shop.py": STUB + "\n\nCURRENCY = 'EUR'\n"}, CONTRACTS)


def test_of_many_errors_the_first_are_told() -> None:
    changed: dict[str, str | None] = {f"m{number}.py": "(" for number in range(15)}
    assert "… and 3 more" in refused({}, changed)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "'shop.py' has a contract: it can be neither deleted nor moved"),
        ("def sum_up(prices):\n    return sum(prices)\n", "'shop.py' no longer offers 'total'"),
    ],
)
def test_what_a_contract_promises_stays(text: str | None, told: str) -> None:
    with pytest.raises(ValueError, match="others rely on") as error:
        refuse_breach({"shop.py": GOOD}, {"shop.py": text}, CONTRACTS)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (GOOD, "from sums import *\n"),
        (GOOD, "from sums import total as total\n"),
        ("CURRENCY = 'EUR'\n", "CURRENCY = 'USD'\n"),
    ],
)
def test_a_promise_that_is_kept_or_never_was_is_no_reason_to_refuse(
    before: str, after: str
) -> None:
    refuse_breach({"shop.py": before, "b.py": GOOD}, {"shop.py": after, "b.py": None}, CONTRACTS)
