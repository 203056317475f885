"""Holds a history to what may leave this machine: no secret, and no more than servers take."""

from pathlib import Path

from core.errors import PublishingRefusedError
from providers.vcs.history_files import read_history_files
from providers.vcs.secret_scan import find_secrets

MAX_FILE_BYTES = 10 * 1024 * 1024
"""GitHub warns at 50 MiB; no source file comes near this."""

MAX_HISTORY_BYTES = 200 * 1024 * 1024
_SHOWN = 20


async def refuse_unpublishable(repository: Path, commit: str) -> None:
    """Look at every file of every commit before any of it is pushed.

    Args:
        repository: folder of a bare repository.
        commit: full id of the commit whose history is to be pushed.

    Raises:
        PublishingRefusedError: something looks like a secret, or is too large; files and lines are
            named, and no secret is shown.
        VersionControlError: the history cannot be read, or the scanner failed.
    """
    files = await read_history_files(repository, commit)
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
    findings = await find_secrets(files)
    if findings:
        shown = "\n".join(f"- {finding}" for finding in findings[:_SHOWN])
        more = len(findings) - _SHOWN
        raise PublishingRefusedError(
            f"{len(findings)} places look like secrets, so nothing was pushed:\n{shown}"
            + (f"\n- and {more} more" if more > 0 else "")
            + "\nWhere one is none, end its line with a comment `pragma: allowlist secret`. Have "
            "the files written again with --from-stage 7."
        )
