from pathlib import Path

from providers.sandbox.sources import MAX_BYTES, read_sources


def test_every_file_is_known_and_text_is_read(tmp_path: Path):
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c.py").write_text("x = 'ü'\n")
    (tmp_path / "a.bin").write_bytes(b"\xff\xfe")
    (tmp_path / "large.txt").write_text("x" * (MAX_BYTES + 1))
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/config").write_text("x")
    assert read_sources(tmp_path) == {
        "a.bin": "",
        "a/b/c.py": "x = 'ü'\n",
        "large.txt": "",
    }


def test_links_are_not_followed(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("k")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "file").symlink_to(secret / "key")
    (tree / "folder").symlink_to(secret)
    assert read_sources(tree) == {}
