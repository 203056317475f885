"""Looks for secrets in what is about to be published, with detect-secrets."""

import asyncio
import json
import re
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
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
    r"(?i)^\W*("
    r"[a-z0-9_.-]{1,12}|"  # short and plain: what tests and examples are full of
    r"(?=.{1,40}$).*(pass|p[a4]ssw|secret|test|dev|demo|dummy|fake|example|change|sample|your|"
    r"insecure|wrong|correct|placeholder|admin|user|invalid|123|xxx|\.\.\.).*|"
    r"<[^<>]*>|\$\{[^{}]*\}|\{\{?[^{}]*\}?\}|\$[A-Z_]+|\*+)\W*$"
)
"""Values behind `password =` and in addresses that are no secret: placeholders, and tests' own.

They are asked for passwords only; keys and tokens of a known form are never excused.
"""

_TOKENS = {
    "Anthropic API Key": r"sk-ant-[A-Za-z0-9_-]{20,}",
    "DeepSeek or OpenAI API Key": r"\bsk-(?:proj-|or-v1-)?[A-Za-z0-9_-]{32,}",
    "GitHub Fine-grained Token": r"github_pat_[A-Za-z0-9_]{22,}",
    "Google API Key": r"\bAIza[A-Za-z0-9_-]{35}",
    "Hugging Face Token": r"\bhf_[A-Za-z0-9]{30,}",
    "GitHub Token": r"\bgh[pousr]_[A-Za-z0-9]{36,}",
}
"""Tokens that the scanner does not know by their form, those of our own providers among them."""

_FILTERS = (
    "detect_secrets.filters.allowlist.is_line_allowlisted",
    "detect_secrets.filters.heuristic.is_lock_file",
    "detect_secrets.filters.heuristic.is_non_text_file",
    "detect_secrets.filters.heuristic.is_prefixed_with_dollar_sign",
    "detect_secrets.filters.heuristic.is_swagger_file",
)

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


async def find_secrets(
    files: Sequence[TreeFile], held: Collection[str] = ()
) -> tuple[SecretFinding, ...]:
    """What looks like a secret in files, in the order of paths and lines.

    Keys and tokens are known by their form, passwords by the name they are given to. No comment in
    a file excuses anything: whoever wrote the file may have written the comment.

    Args:
        files: contents with their paths; a path may come several times.
        held: secrets that this process has itself; they are looked for as they are.

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
    } | {finding for file in files for finding in _known(file, held)}
    return tuple(
        SecretFinding(path=path, line=line, kind=kind) for path, line, kind in sorted(findings)
    )


def _known(file: TreeFile, held: Collection[str]) -> Iterator[tuple[str, int, str]]:
    """Tokens of the forms above, and secrets of ours."""
    text = file.content.decode(errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        for kind, form in _TOKENS.items():
            if re.search(form, line):
                yield file.path, number, kind
        if any(secret in line for secret in held if secret):
            yield file.path, number, "A secret of this system"


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
        # It would pass over such files and lines, which are published all the same.
        *(word for name in _FILTERS for word in ("--disable-filter", name)),
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
