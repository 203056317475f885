"""Finds the functions that the stage table names, without importing them."""

import re
from importlib.util import find_spec
from pathlib import Path

from core.errors import ConfigurationError
from core.stages import StageTable

_FUNCTION = re.compile(r"^async def (\w+)\(", re.MULTILINE)


def require_stage_functions(table: StageTable) -> None:
    """Refuse a table that names a function which is not there.

    The modules are read and not imported: importing them takes seconds, because they bring
    Prefect, and a command that refuses its input should do so at once.

    Raises:
        ConfigurationError: no such module, or no such function in it; the message names the row.
    """
    for stage in table.stages:
        module, _, name = stage.task.partition(":")
        source = _source(module)
        if source is None:
            problem = f"there is no module {module!r}"
        elif name not in _functions(source):
            problem = f"{module!r} has no function `async def {name}`"
        else:
            continue
        raise ConfigurationError(f"stage table, row {stage.label!r}: task: {problem}")


def _source(module: str) -> Path | None:
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):  # a part of the name is no package, or is empty
        return None
    return Path(spec.origin) if spec and spec.has_location and spec.origin else None


def _functions(source: Path) -> set[str]:
    # Not by `ast`: this runs in a thread, and Python 3.11's parser fails at times where two threads
    # parse ("AST constructor recursion depth mismatch").
    return set(_FUNCTION.findall(source.read_text(encoding="utf-8")))
