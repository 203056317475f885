"""What was given out as a secret is in no text that people are shown."""

from core.redaction import Redaction, redacted

SECRET = "sk-4f1c-planted"


def test_takes_out_what_it_was_told_of_and_forgets_nothing() -> None:
    redaction = Redaction()
    text = f"before {SECRET}, after sk-second-one"
    assert redaction(text) == text
    redaction.add(SECRET)
    assert redaction(text) == "before [key], after sk-second-one"
    redaction.add("sk-second-one")
    assert redaction(text) == "before [key], after [key]"


def test_shows_no_secret_itself() -> None:
    redaction = Redaction()
    redaction.add(SECRET)
    assert repr(redaction) == "Redaction(1 secrets)"


def test_a_placeholder_stays_and_the_longer_of_two_goes_first() -> None:
    assert redacted("none of it", ["none", "", None]) == "none of it"
    assert redacted(f"{SECRET}-longer", [SECRET, f"{SECRET}-longer"]) == "[key]"
