"""Whatever is done to a valid file, the gate answers; what breaks off is always seen."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegen.gate import GateResult, gate
from codegen.source.interface import exports_of
from core.artifacts.structure import Export, FileContract
from tests.codegen.source.sources import WHOLE

_EVERY = sorted(WHOLE)
_INDEX = {path: exports_of(path, text) for path, text in WHOLE.items()}
_BRACED = ("src/loans.ts", "server.js", "src/LoanList.jsx", "store/store.go")
_SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def _gate(path: str, text: str) -> GateResult:
    names = [item.name for item in _INDEX[path].names if item.offered]
    exports = tuple(Export(name=name) for name in names)
    contract = FileContract(path=path, purpose="Mutated.", exports=exports)
    return gate(contract, text, _INDEX, ())


@_SETTINGS
@given(st.sampled_from(_EVERY), st.data())
def test_a_dropped_line_or_character_gives_findings_only(path: str, data: st.DataObject) -> None:
    text = WHOLE[path]
    lines = text.split("\n")
    number = data.draw(st.integers(0, len(lines) - 1))
    _gate(path, "\n".join(lines[:number] + lines[number + 1 :]))
    place = data.draw(st.integers(0, len(text) - 1))
    _gate(path, text[:place] + text[place + 1 :])


@_SETTINGS
@given(st.sampled_from(_EVERY), st.text(max_size=60), st.data())
def test_any_text_put_in_gives_findings_only(path: str, more: str, data: st.DataObject) -> None:
    text = WHOLE[path]
    place = data.draw(st.integers(0, len(text)))
    _gate(path, text[:place] + more + text[place:])
    _gate(path, more)


@_SETTINGS
@given(st.sampled_from(_BRACED), st.data())
def test_a_dropped_bracket_is_found(path: str, data: st.DataObject) -> None:
    text = WHOLE[path]
    # Brackets within texts, patterns and comments balance nothing.
    places = [found.start() for found in re.finditer(r"[{}]$", text, re.MULTILINE)]
    place = data.draw(st.sampled_from(places))
    assert _gate(path, text[:place] + text[place + 1 :]).errors


@_SETTINGS
@given(st.sampled_from(_BRACED), st.data())
def test_text_cut_off_within_a_block_is_found(path: str, data: st.DataObject) -> None:
    text = WHOLE[path]
    inside = [
        found.start()
        for found in re.finditer(r"\n[ \t]+\S", text)
        if found.start() > text.index("{\n")
    ]
    place = data.draw(st.sampled_from(inside))
    codes = {item.code for item in _gate(path, text[:place]).errors}
    assert codes & {"cut-off", "missing-export"}, (place, text[:place][-80:])


@pytest.mark.parametrize("path", ["app/loans.py", "package.json", "src/routes/+page.svelte"])
def test_every_place_of_cutting_is_found_or_leaves_a_whole_file(path: str) -> None:
    text = WHOLE[path]
    missed = [
        place
        for place in range(1, len(text.rstrip()), 7)
        if not _gate(path, text[:place]).errors and text[:place].strip()
    ]
    # What is left must parse, hold every promised export and lack nothing that can be seen.
    allowed = {"app/loans.py": 0.45, "package.json": 0.0, "src/routes/+page.svelte": 0.25}
    assert len(missed) <= allowed[path] * len(range(1, len(text), 7)), len(missed)
