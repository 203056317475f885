"""Fingerprints of findings: the same for the same text, and for no other."""

from providers.vcs.fingerprints import fingerprint
from providers.vcs.secret_scan import HELD, SecretFinding
from providers.vcs.tree import TreeFile

KIND = "Secret Keyword"


def named(text: str, line: int = 1, path: str = "a.py", kind: str = KIND) -> str | None:
    finding = SecretFinding(source=0, path=path, line=line, kind=kind)
    return fingerprint(finding, TreeFile(path, text.encode(), executable=False))


def test_it_stays_where_the_line_moves() -> None:
    name = named("x = 1\n")
    assert name is not None
    assert len(name) == 16
    assert named("# first\n    x = 1\n", 2) == name


def test_it_is_another_for_another_text_path_or_kind() -> None:
    texts = [named("x = 1"), named("x = 2"), named("x = 1", path="b.py")]
    assert len({*texts, named("x = 1", kind="GitHub Token")}) == 4


def test_of_a_private_key_the_whole_file_counts() -> None:
    begin = "-----BEGIN PRIVATE KEY-----\n"
    one, other = (named(f"{begin}{body}", kind="Private Key") for body in ("MIIE", "MIIF"))
    assert one != other


def test_where_lines_are_counted_in_two_ways_the_whole_file_counts() -> None:
    assert named("a\fb\nc\n", 2) != named("a\fb\nd\n", 2)
    assert named("a\n", 7) != named("b\n", 7)


def test_a_secret_of_this_system_has_none() -> None:
    assert named("x = 1", kind=HELD) is None
