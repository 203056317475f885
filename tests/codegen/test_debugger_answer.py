import pytest

from codegen.debugger_answer import read_proposal

TEXTS = {"app/due.py": "OLD = 1\n"}
ANSWER = (
    "The limit is wrong.\n\napp/due.py\n<<<<<<< SEARCH\nOLD = 1\n=======\n{}\n>>>>>>> REPLACE\n"
)


def _changed(line: str) -> str | None:
    proposal = read_proposal(
        ANSWER.format(line),
        TEXTS,
        shown=TEXTS,
        protected=frozenset(),
        contracts={},
        dependencies=(),
    )
    return proposal.changed["app/due.py"]


def test_a_change_to_a_deep_text_is_taken() -> None:
    line = f"OLD = {' + '.join(['1'] * 400)}"
    assert _changed(line) == f"{line}\n"


def test_a_change_to_what_python_cannot_read_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing was changed"):
        _changed(f"OLD = {'-' * 100_000}1")


@pytest.mark.parametrize("error", [RecursionError, MemoryError])
def test_a_change_too_deep_to_be_checked_is_refused(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def too_deep(*_: object) -> None:
        raise error

    monkeypatch.setattr("codegen.debugger_answer.refuse_breach", too_deep)
    with pytest.raises(ValueError, match=r"one of 'app/due\.py' is nested too deeply"):
        _changed("OLD = 2")
