"""Digest of the code that turns answers into results.

It is part of every result's key: after an upgrade results are made anew, from the model answers
that were kept, so that a mended check is applied and nothing is paid for again.
"""

import hashlib
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_FOLDERS = ("codegen", "core", "providers/llm", "tasks")
_SUFFIXES = {".py", ".toml", ".jinja"}


@cache
def code_digest() -> str:
    """Digest of the sources, computed once per process."""
    digest = hashlib.sha256()
    for folder in _FOLDERS:
        for path in sorted((_ROOT / folder).rglob("*")):
            if path.suffix in _SUFFIXES:
                digest.update(f"{path.relative_to(_ROOT)}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
