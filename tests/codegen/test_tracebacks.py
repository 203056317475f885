from hypothesis import given
from hypothesis import strategies as st

from codegen.tracebacks import MAX_CHARACTERS, MAX_LINES, shortened

LIBRARY = [f"/environment/lib/client.py:{number}: in call" for number in range(100)]


def long(*lines: str) -> list[str]:
    return shortened("\n".join(lines)).splitlines()


def test_a_short_account_stays_as_it_is() -> None:
    account = "tests/test_a.py:5: in test_a\n    assert 1 == 2\nE   assert 1 == 2"
    assert shortened(account) == account


def test_the_error_and_the_own_frame_come_before_the_end() -> None:
    shown = long(
        "tests/test_a.py:5: in test_a",
        "    get()",
        *LIBRARY,
        "app/main.py:3: in read",
        "    return missing()",
        *LIBRARY,
        "E   KeyError: 'x'",
        "E",
        "E   hint",
        "---- Captured log ----",
        "last",
    )
    assert shown[:6] == [
        *("E   KeyError: 'x'", "E", "E   hint"),
        *("app/main.py:3: in read", "    return missing()", "…"),
    ]
    assert shown[-2:] == ["---- Captured log ----", "last"]
    assert len(shown) == MAX_LINES


def test_of_chained_errors_the_last_one_comes_first() -> None:
    shown = long("E   first", "During handling of it:", *LIBRARY, "E   second")
    assert shown[:3] == ["E   second", "E   first", "…"]


def test_the_frame_of_a_library_or_of_python_is_not_the_own_one() -> None:
    shown = long(
        "app/a.py:1: in a",
        *LIBRARY,
        "<python>/lib/json.py:2: in loads",
        "../usr/x.py:3: in y",
        "E   bad",
    )
    assert shown[:2] == ["E   bad", "app/a.py:1: in a"]


def test_a_long_comparison_leaves_room_for_the_frame_and_the_end() -> None:
    shown = long("app/a.py:1: in a", *(f"E   {n} {'x' * 900}" for n in range(100)), "the end")
    assert shown[0].startswith("E   0 x")
    assert shown[0].endswith("x…")
    assert "app/a.py:1: in a" in shown
    assert shown[-1] == "the end"


def test_an_account_of_another_kind_keeps_its_beginning_and_its_end() -> None:
    shown = long(*(f"line {number}" for number in range(1_000)))
    assert shown[:2] == ["line 0", "line 1"]
    assert shown[10] == "…"
    assert shown[-1] == "line 999"
    assert len(shown) == MAX_LINES


def test_one_endless_line_is_cut() -> None:
    assert shortened("x" * 10_000).startswith("x" * 399 + "…")


lines = st.sampled_from(["E   e", "E", "app/a.py:1: in f", "    code", "", "y" * 500]) | st.text()


@given(st.lists(lines, max_size=150))
def test_no_account_becomes_longer_than_allowed(account: list[str]) -> None:
    text = shortened("\n".join(account))
    assert len(text) <= MAX_CHARACTERS
    assert len(text.splitlines()) <= MAX_LINES
