"""Holds a history to what may leave this machine: no secret, and no more than servers take."""

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path

from core.errors import PublishingRefusedError
from providers.vcs.fingerprints import fingerprint
from providers.vcs.history_files import HistoryText, read_history_files, read_messages
from providers.vcs.release import Release
from providers.vcs.secret_scan import SecretFinding, find_secrets
from providers.vcs.tree import TreeFile

MAX_FILE_BYTES = 10 * 1024 * 1024
"""GitHub warns at 50 MiB; no source file comes near this."""

MAX_HISTORY_BYTES = 200 * 1024 * 1024
_SHOWN = 20
_SHORT_ID = 12


async def refuse_unpublishable(
    repository: Path,
    release: Release,
    held: Collection[str] = (),
    allowed: Collection[str] = (),
) -> None:
    """Look at every file and message of every commit before any of it is pushed.

    Args:
        repository: folder of a bare repository.
        release: what is to be published; its texts are looked at as well.
        held: secrets of this process, as `find_secrets` looks for them.
        allowed: fingerprints of findings that an operator says are no secrets.

    Raises:
        PublishingRefusedError: something looks like a secret, or is too large; files and lines are
            named, and no secret is shown.
        VersionControlError: the history cannot be read, or the scanner failed.
    """
    texts = await read_history_files(repository, release.commit)
    _refuse_large([text.file for text in texts])
    messages = await read_messages(repository, release.commit)
    told = f"{release.title}\n{release.description}\n{release.report}"
    others = [
        TreeFile(f"({what})", text.encode(), executable=False)
        for what, text in (("commit messages", _lines_of(messages)), ("report", told))
    ]
    files = [*(text.file for text in texts), *others]
    findings: Sequence[SecretFinding] = await find_secrets(files, held)
    if allowed:
        findings = await asyncio.to_thread(_not_allowed, findings, files, allowed)
    if not findings:
        return
    named = await asyncio.to_thread(_named, findings[:_SHOWN], files)
    shown = [f"{_shown(finding, texts, messages)}{name}" for finding, name in named]
    more = len(findings) - _SHOWN
    raise PublishingRefusedError(
        f"{len(findings)} places look like secrets, so nothing was pushed:\n"
        + "\n".join(f"- {place}" for place in shown)
        + (f"\n- and {more} more" if more > 0 else "")
        + "\nHave the files written again with --from-stage 7. What is no secret can be allowed by "
        "the fingerprint in brackets, in APP_BUILDER_GITHUB__ALLOWED_FINDINGS."
    )


def _not_allowed(
    findings: Sequence[SecretFinding], files: Sequence[TreeFile], allowed: Collection[str]
) -> list[SecretFinding]:
    return [each for each in findings if fingerprint(each, files[each.source]) not in allowed]


def _named(
    findings: Sequence[SecretFinding], files: Sequence[TreeFile]
) -> list[tuple[SecretFinding, str]]:
    """Findings, each with its fingerprint for a message."""
    names = (fingerprint(finding, files[finding.source]) for finding in findings)
    return [
        (each, f" [{name}]" if name else "") for each, name in zip(findings, names, strict=True)
    ]


def _refuse_large(files: Sequence[TreeFile]) -> None:
    large = [file.path for file in files if len(file.content) > MAX_FILE_BYTES]
    if large:
        raise PublishingRefusedError(
            f"{large[0]!r} is larger than {MAX_FILE_BYTES:,} bytes; nothing was pushed"
        )
    size = sum(len(file.content) for file in files)
    if size > MAX_HISTORY_BYTES:
        raise PublishingRefusedError(
            f"the history holds {size:,} bytes, and {MAX_HISTORY_BYTES:,} are allowed; "
            "nothing was pushed"
        )


def _lines_of(messages: Sequence[tuple[str, str]]) -> str:
    """All messages in one text; a scan of each would take as long as that of the files."""
    return "".join(f"{message.rstrip()}\n" for _, message in messages)


def _shown(
    finding: SecretFinding, texts: Sequence[HistoryText], messages: Sequence[tuple[str, str]]
) -> str:
    """A finding with its commit, where the newest one does not show it."""
    if finding.source < len(texts):
        text = texts[finding.source]
        return str(finding) if text.is_left else f"{finding} (in commit {text.commit[:_SHORT_ID]})"
    if finding.source > len(texts):
        return str(finding)
    line = finding.line
    for commit, message in messages:
        lines = len(f"{message.rstrip()}\n".splitlines())
        if line <= lines:
            return f"message of commit {commit[:_SHORT_ID]}:{line}: {finding.kind}"
        line -= lines
    return str(finding)
