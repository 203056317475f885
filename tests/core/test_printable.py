import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from core.printable import printable, stable_text

PATHS = {"/work": "", "/opt/python": "<python>"}


def test_terminal_sequences_and_controls_are_dropped():
    assert printable("\x1b[31mred\x1b[0m\x07 \x00plain\x1b]0;title") == "red plain]0;title"


def test_line_ends_become_newlines_and_tabs_stay():
    assert printable("a\r\nb\rc\td\n") == "a\nb\nc\td\n"


def test_ordinary_text_of_any_script_stays():
    assert printable("naïve עברית 日本 🎉 a\u00a0b") == "naïve עברית 日本 🎉 a\u00a0b"


def test_text_that_reorders_what_is_shown_is_dropped():
    assert printable("safe\u202egnp.exe") == "safegnp.exe"


@given(st.text())
def test_nothing_unprintable_is_left(text: str):
    for sign in printable(text):
        assert sign in "\n\t" or unicodedata.category(sign) not in {"Cc", "Cf", "Cs"}


@given(st.text())
def test_printing_twice_changes_nothing(text: str):
    assert printable(printable(text)) == printable(text)


def test_paths_below_a_folder_without_name_become_relative():
    assert stable_text("/work/app/a.py:3: in '/work/b.py'", PATHS) == "app/a.py:3: in 'b.py'"


def test_a_named_folder_is_replaced_by_its_name():
    assert stable_text('File "/opt/python/lib/x.py"', PATHS) == 'File "<python>/lib/x.py"'


def test_other_paths_that_contain_a_folder_stay():
    text = "/home/work/a /homework/work/b http://h/work/c /workshop /opt/python3/d"
    assert stable_text(text, PATHS) == text


def test_memory_addresses_are_dropped_but_short_numbers_stay():
    assert stable_text("<object at 0x7efc6e0c79e0> 0xff", {}) == "<object at 0x…> 0xff"
