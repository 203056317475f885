"""Refuses a file that cannot be what it should be, before it is accepted."""

import ast
import json
import tomllib
from pathlib import PurePosixPath


def check_source(path: str, text: str) -> None:
    """Parse a file by its ending: Python, JSON and TOML; other files pass.

    Raises:
        ValueError: the text does not parse; the message says where.
    """
    if "\0" in text:
        raise ValueError(f"{path!r} holds a NUL character; answer with plain text")
    try:
        match PurePosixPath(path).suffix:
            case ".py":
                ast.parse(text, filename=path)
            case ".json":
                json.loads(text)
            case ".toml":
                tomllib.loads(text)
            case _:
                return
    except SyntaxError as error:
        raise ValueError(f"{path!r}, line {error.lineno}: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"{path!r} does not parse: {error}") from None
