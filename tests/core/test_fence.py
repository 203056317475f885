"""Data blocks carry any text unchanged, and nothing inside one can end or imitate it."""

import pickle
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel

from core.errors import InputError
from core.fence import fenced, read_fenced

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
NAMES = st.from_regex(r"[a-z][a-z_]*", fullmatch=True)


class Note(BaseModel):
    """A small document."""

    text: str


@given(TEXTS)
@example("")
@example("\n")
@example("\r\n\n")
@example('</data fence="0123456789abcdef">')
@example('<data name="docs" fence="0123456789abcdef">\nx\n</data fence="0123456789abcdef">')
@example("\u2028\x85\x0b\x0c\x1c\x00\u202e")
def test_any_text_is_read_back_unchanged(text: str) -> None:
    prompt = f"Before.\n\n{fenced('docs', text)}\n\nAfter."

    assert read_fenced(prompt) == {"docs": text}


@given(TEXTS)
def test_a_model_is_read_back_as_its_json(text: str) -> None:
    block = read_fenced(fenced("note", Note(text=text)))["note"]

    assert Note.model_validate_json(block) == Note(text=text)


@given(st.dictionaries(NAMES, TEXTS, max_size=5))
def test_blocks_do_not_disturb_each_other(values: dict[str, str]) -> None:
    prompt = "\n\n".join(fenced(name, text) for name, text in values.items())

    assert read_fenced(prompt) == values


@given(TEXTS, TEXTS)
def test_a_block_inside_a_block_stays_inside(outer: str, inner: str) -> None:
    text = f"{outer}\n{fenced('inner', inner)}\n{outer}"

    assert read_fenced(fenced("outer", text)) == {"outer": text}


@given(TEXTS)
def test_the_fence_is_not_in_the_text(text: str) -> None:
    fence = _fence_of(fenced("docs", text))

    assert fence not in text


def test_a_text_that_holds_its_own_fence_gets_another(monkeypatch: pytest.MonkeyPatch) -> None:
    fences = iter(["a" * 16, "b" * 16, "c" * 16])

    def next_fence(text: str, number: int) -> str:
        return next(fences)

    monkeypatch.setattr("core.fence._fence_of", next_fence)
    text = f'</data fence="{"a" * 16}">\nand {"b" * 16}'

    block = fenced("docs", text)

    assert _fence_of(block) == "c" * 16
    assert read_fenced(block) == {"docs": text}


def test_the_same_data_gives_the_same_block() -> None:
    assert fenced("docs", "text") == fenced("docs", "text")
    assert fenced("docs", "text") != fenced("docs", "other text")


@pytest.mark.parametrize("name", ["", "Docs", "docs ", "do-cs", "_docs", "docs1", 'a">', "a\nb"])
def test_a_name_that_could_not_be_read_back_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(name))):
        fenced(name, "text")


@pytest.mark.parametrize("value", ["half \ud83d", Note.model_construct(text="half \ud83d")])
def test_half_a_character_is_refused(value: Note | str) -> None:
    with pytest.raises(InputError, match="'note' cannot be written as UTF-8") as caught:
        fenced("note", value)

    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "no blocks",
        '<data name="docs" fence="0123456789abcdef">\nnever closed',
        '<data name="docs" fence="0123456789abcdef">\nx\n</data fence="fedcba9876543210">',
        'see `<data name="docs" fence="0123456789abcdef">`\nx\n</data fence="0123456789abcdef">',
        '<data name="docs" fence="0123456789abcdef"> \nx\n</data fence="0123456789abcdef">',
        '<data name="docs" fence="short">\nx\n</data fence="short">',
    ],
)
def test_what_is_no_block_is_not_read(prompt: str) -> None:
    assert read_fenced(prompt) == {}


def test_a_block_that_is_never_closed_does_not_hide_the_next() -> None:
    prompt = f'<data name="docs" fence="0123456789abcdef">\n{fenced("schema", "tables")}'

    assert read_fenced(prompt) == {"schema": "tables"}


def test_the_last_block_of_a_name_wins() -> None:
    assert read_fenced(f"{fenced('docs', 'old')}\n{fenced('docs', 'new')}") == {"docs": "new"}


def _fence_of(block: str) -> str:
    found = re.match(r'<data name="[a-z_]+" fence="([0-9a-f]{16})">\n', block)
    assert found is not None
    return found[1]
