"""Looks for secrets in what is about to be published, with detect-secrets."""

import asyncio
import json
import os
import re
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from core.errors import VersionControlError
from providers.vcs import passwords
from providers.vcs.passwords import find_passwords, is_made_up_in_passing
from providers.vcs.tree import TreeFile

_LEFT_OUT = (
    # They take every long id and digest for a secret; the others know what they look for.
    "Base64HighEntropyString",
    "HexHighEntropyString",
    "IPPublicDetector",
)
HELD = "A secret of this system"
"""What a finding calls a secret that this process has itself."""

_TOKENS = {
    "Anthropic API Key": r"sk-ant-[A-Za-z0-9_-]{20,}",
    "DeepSeek or OpenAI API Key": r"\bsk-(?:proj-|or-v1-)?[A-Za-z0-9_-]{32,}",
    "GitHub Fine-grained Token": r"github_pat_[A-Za-z0-9_]{22,}",
    "Google API Key": r"\bAIza[A-Za-z0-9_-]{35}",
    "Hugging Face Token": r"\bhf_[A-Za-z0-9]{30,}",
    "GitHub Token": r"\bgh[pousr]_[A-Za-z0-9]{36,}",
    "GitLab Token": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "NPM Token": r"\bnpm_[A-Za-z0-9]{36,}",
}
"""Tokens that the scanner does not know by their form, those of our own providers among them."""

_FILTERS = (
    "detect_secrets.filters.allowlist.is_line_allowlisted",
    "detect_secrets.filters.heuristic.is_lock_file",
    "detect_secrets.filters.heuristic.is_non_text_file",
    "detect_secrets.filters.heuristic.is_prefixed_with_dollar_sign",
    "detect_secrets.filters.heuristic.is_swagger_file",
)

_SHORTEST, _LONG = 12, 24
"""Characters of a secret of ours that is looked for: with a digit in it, and of any kind."""

_SECONDS = 300


class SecretFinding(BaseModel):
    """Something that looks like a secret; what it is, is never kept.

    Attributes:
        source: number of the file it is in, from 0, among those looked at.
        path: of that file.
        line: from 1.
        kind: such as `AWS Access Key`.
    """

    model_config = ConfigDict(frozen=True)

    source: int
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

    Keys and tokens are known by their form, passwords by the name they are given to, and asked for
    more strictly where tests, examples and documents end. No comment in a file excuses anything:
    whoever wrote the file may have written the comment.

    Args:
        files: contents with their paths; a path may come several times.
        held: secrets that this process has itself; they are looked for as they are.

    Raises:
        VersionControlError: the scanner failed; then nothing is known of the files.
    """
    with tempfile.TemporaryDirectory(prefix="app-builder-scan-") as folder:
        await asyncio.to_thread(_write, Path(folder), files)
        detected = await _scan(Path(folder))
    findings = {
        (int(Path(name).parts[0]), each.line_number, each.type)
        for name, found in detected.items()
        for each in found
    }
    for source, file in enumerate(files):
        findings.update((source, line, kind) for line, kind in _known(file, held))
    return tuple(
        sorted(
            (
                SecretFinding(source=source, path=files[source].path, line=line, kind=kind)
                for source, line, kind in findings
            ),
            key=lambda finding: (finding.path, finding.source, finding.line, finding.kind),
        )
    )


def _known(file: TreeFile, held: Collection[str]) -> Iterator[tuple[int, str]]:
    """Tokens of the forms above, secrets of ours, and passwords that the scanner lets pass."""
    text = file.content.decode(errors="replace")
    sought = {line for secret in held for line in _sought(secret)}
    yield from find_passwords(file.path, text)
    for number, line in enumerate(text.splitlines(), start=1):
        for kind, form in _TOKENS.items():
            if re.search(form, line):
                yield number, kind
        if any(secret in line for secret in sought):
            yield number, HELD


def _sought(secret: str) -> Iterator[str]:
    """What of a secret would betray it: the lines of a key in a PEM file are looked for one by one.

    Not what is set where a server wants no key, such as `ollama` or `sk-no-key-required`.
    """
    for line in map(str.strip, secret.splitlines()):
        random = any(letter.isdigit() for letter in line) or len(line) >= _LONG
        if len(line) >= _SHORTEST and random and not line.startswith("-----"):
            yield line


def _write(folder: Path, files: Sequence[TreeFile]) -> None:
    """Write each file into a folder with its number for a name; the scanner goes by its suffix."""
    for number, file in enumerate(files):
        place = folder / str(number)
        place.mkdir()
        # The name may be longer than this file system allows, or one that the scanner passes over.
        suffix = Path(file.path).suffix[:20]
        (place / f"file{suffix}").write_bytes(file.content)


async def _scan(folder: Path) -> dict[str, list[_Detected]]:
    command = [
        *(sys.executable, "-P", "-m", "detect_secrets", "scan", "--all-files", "--no-verify"),
        *(word for plugin in _LEFT_OUT for word in ("--disable-plugin", plugin)),
        *("--filter", f"{passwords.__file__}::{is_made_up_in_passing.__name__}"),
        # It would pass over such files and lines, which are published all the same.
        *(word for name in _FILTERS for word in ("--disable-filter", name)),
        ".",
    ]
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        # It needs nothing of ours, and our environment has what it looks for.
        env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "LC_ALL": "C.UTF-8"},
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
