"""Whether two names are one in two spellings."""

from core.spelling import spelt


def test_case_blanks_and_punctuation_say_nothing() -> None:
    assert spelt("due date") == spelt("due_date") == spelt("DueDate") == spelt(" Due-Date!")
    assert spelt("Straße") == spelt("STRASSE")


def test_symbols_and_the_marks_of_letters_say_something() -> None:
    assert spelt("💥") != spelt("🚀")
    assert spelt("कि") != spelt("की"), "vowels are marks in Devanagari"
    assert spelt("C++") != spelt("C")
