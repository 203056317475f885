"""Looks for secrets in what is about to be published, with detect-secrets."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from core.errors import VersionControlError
from providers.vcs.tree import TreeFile

_LEFT_OUT = (
    # They take every long id and digest for a secret; the others know what they look for.
    "Base64HighEntropyString",
    "HexHighEntropyString",
    "IPPublicDetector",
)
_PLACEHOLDERS = (
    r"(?i)^[^\w]*(change[-_ ]?me.*|your[-_ ].*|<.*>|\$\{?.*|x{3,}|\*{3,}|password\d*|passwd|secret"
    r"|pass|test(ing)?([-_ ].*)?|dummy.*|fake.*|example.*|postgres|user|admin|none|null|true|false"
    r"|todo|hunter2|wrong.*|correct.*|not[-_ ].*|s3cret|token|key|api[-_]?key)[^\w]*$"
)
"""Values behind `password =` and the like that are no secret: placeholders, and tests' own."""

_SECONDS = 300


class SecretFinding(BaseModel):
    """Something that looks like a secret; what it is, is never kept.

    Attributes:
        path: the file it is in.
        line: from 1.
        kind: such as `AWS Access Key`.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    line: int
    kind: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.kind}"


class _Detected(BaseModel):
    type: str
    line_number: int


_Results = TypeAdapter(dict[str, list[_Detected]])


async def find_secrets(files: Sequence[TreeFile]) -> tuple[SecretFinding, ...]:
    """What looks like a secret in files, in the order of paths and lines.

    Keys and tokens are known by their form, passwords by the name they are given to. A line with
    the comment `pragma: allowlist secret` is left alone.

    Args:
        files: contents with their paths; a path may come several times.

    Raises:
        VersionControlError: the scanner failed; then nothing is known of the files.
    """
    with tempfile.TemporaryDirectory(prefix="app-builder-scan-") as folder:
        names = await asyncio.to_thread(_write, Path(folder), files)
        detected = await _scan(Path(folder))
    findings = {
        (names[Path(name).parts[0]], each.line_number, each.type)
        for name, found in detected.items()
        for each in found
    }
    return tuple(
        SecretFinding(path=path, line=line, kind=kind) for path, line, kind in sorted(findings)
    )


def _write(folder: Path, files: Sequence[TreeFile]) -> dict[str, str]:
    """Write each file into a folder of its own; its name stays, as the scanner goes by it.

    Returns:
        Paths by the name of the folder.
    """
    names: dict[str, str] = {}
    for number, file in enumerate(files):
        place = folder / str(number)
        place.mkdir()
        # The name may be longer than this file system allows, or one that the scanner passes over.
        suffix = Path(file.path).suffix[:20]
        (place / f"file{suffix}").write_bytes(file.content)
        names[str(number)] = file.path
    return names


async def _scan(folder: Path) -> dict[str, list[_Detected]]:
    command = [
        *(sys.executable, "-P", "-m", "detect_secrets", "scan", "--all-files", "--no-verify"),
        *(word for plugin in _LEFT_OUT for word in ("--disable-plugin", plugin)),
        *("--exclude-secrets", _PLACEHOLDERS),
        # It would pass over what it takes for lock files, which are published all the same.
        *("--disable-filter", "detect_secrets.filters.heuristic.is_lock_file"),
        *("--disable-filter", "detect_secrets.filters.heuristic.is_non_text_file"),
        ".",
    ]
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            output, errors = await process.communicate()
    except TimeoutError:
        raise VersionControlError(
            f"the scan for secrets did not end within {_SECONDS} s; nothing is published"
        ) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise VersionControlError(
            f"the scan for secrets failed with exit code {process.returncode}; nothing is "
            f"published: {errors.decode(errors='replace').strip()[-500:]}"
        )
    try:
        return _Results.validate_python(json.loads(output)["results"])
    except (ValueError, KeyError, ValidationError) as error:
        raise VersionControlError(
            f"the scan for secrets wrote what cannot be read; nothing is published: {error}"
        ) from error
