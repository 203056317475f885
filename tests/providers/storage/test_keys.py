import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from providers.storage.keys import (
    MAX_KEY_BYTES,
    MAX_PART_BYTES,
    UNFINISHED_PREFIX,
    check_key,
    is_unfinished,
)


@pytest.mark.parametrize(
    "key",
    [
        "build.json",
        "project/my-build/specs/specs.json",
        "code/app/[id]/(group)/page.tsx",
        "code/.github/workflows/ci.yml",
        "code/naïve/日本語/שלום 🙂.py",
        "code/ab::c/~x/%2e%2e/*?",
        "code/...",
        "é" * (MAX_PART_BYTES // 2),
        "/".join(["part/nine"] * (MAX_KEY_BYTES // 10)),
    ],
)
def test_plain_relative_paths_are_accepted(key: str) -> None:
    check_key(key)


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("", "it is empty"),
        ("/etc/passwd", "starts with a slash"),
        ("/", "starts with a slash"),
        ("a//b", "an empty part"),
        ("a/", "an empty part"),
        (".", "the part '.'"),
        ("a/./b", "the part '.'"),
        ("..", "the part '..'"),
        ("a/../../b", "the part '..'"),
        ("a\\..\\b", "a backslash"),
        ("C:/windows", "drive letter"),
        ("c:x", "drive letter"),
        ("a/c:x", "drive letter"),
        ("a\nb", "a control character"),
        ("a\0b", "a control character"),
        ("a\x7fb", "a control character"),
        ("a\x85b", "a control character"),
        ("a\u2028b", "a line separator"),
        ("a\u2029b", "a paragraph separator"),
        ("a\ud800b", "half a surrogate pair"),
        ("a" * (MAX_PART_BYTES + 1), "longer than 255 bytes"),
        ("é" * (MAX_PART_BYTES // 2 + 1), "longer than 255 bytes"),
        ("a/" * (MAX_KEY_BYTES // 2) + "b", "901 bytes long, and 900 are allowed"),
        (f"a/{UNFINISHED_PREFIX}x", "kept for unfinished writes"),
        (f"{UNFINISHED_PREFIX}x/a", "kept for unfinished writes"),
    ],
)
def test_any_other_key_is_refused_and_quoted(key: str, problem: str) -> None:
    with pytest.raises(InputError) as refusal:
        check_key(key)
    assert problem in str(refusal.value)
    assert repr(key) in str(refusal.value)


@given(st.text(alphabet=st.sampled_from("ab./\\:\n\0é\ud800"), max_size=12))
def test_an_accepted_key_has_only_named_parts(key: str) -> None:
    try:
        check_key(key)
    except InputError:
        return
    assert key.isprintable()
    assert not {"", ".", ".."} & set(key.split("/"))


def test_unfinished_writes_are_known_by_their_last_part() -> None:
    assert is_unfinished(f"/store/a/{UNFINISHED_PREFIX}1")
    assert not is_unfinished("/store/a/unfinished-1")
    assert not is_unfinished(f"/store/{UNFINISHED_PREFIX}1/a")
