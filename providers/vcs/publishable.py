"""Holds a history to what may leave this machine: no secret, and no more than servers take."""

from collections.abc import Collection
from pathlib import Path

from core.errors import PublishingRefusedError
from providers.vcs.history_files import read_history_files, read_messages
from providers.vcs.release import Release
from providers.vcs.secret_scan import find_secrets
from providers.vcs.tree import TreeFile

MAX_FILE_BYTES = 10 * 1024 * 1024
"""GitHub warns at 50 MiB; no source file comes near this."""

MAX_HISTORY_BYTES = 200 * 1024 * 1024
_SHOWN = 20


async def refuse_unpublishable(
    repository: Path, release: Release, held: Collection[str] = ()
) -> None:
    """Look at every file and message of every commit before any of it is pushed.

    Args:
        repository: folder of a bare repository.
        release: what is to be published; its texts are looked at as well.
        held: secrets of this process.

    Raises:
        PublishingRefusedError: something looks like a secret, or is too large; files and lines are
            named, and no secret is shown.
        VersionControlError: the history cannot be read, or the scanner failed.
    """
    files = await read_history_files(repository, release.commit)
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
    messages = await read_messages(repository, release.commit)
    told = f"{release.title}\n{release.description}\n{release.report}"
    texts = [
        TreeFile(f"({what})", text.encode(), executable=False)
        for what, text in (("commit messages", messages), ("report", told))
    ]
    findings = await find_secrets([*files, *texts], held)
    if findings:
        shown = "\n".join(f"- {finding}" for finding in findings[:_SHOWN])
        more = len(findings) - _SHOWN
        raise PublishingRefusedError(
            f"{len(findings)} places look like secrets, so nothing was pushed:\n{shown}"
            + (f"\n- and {more} more" if more > 0 else "")
            + "\nHave the files written again with --from-stage 7. Where one is no secret, publish "
            "to 'local', and push from there."
        )
