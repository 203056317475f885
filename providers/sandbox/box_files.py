"""The few files that a box gets from us: who its user is, and the empty one for its result."""

from pathlib import Path

from providers.sandbox.sandbox import RESULT_BYTES

ACCOUNT_FILES = ("passwd", "group")
"""Files that appear in `/etc`."""

_RESULT = "result"


def write_box_files(folder: Path, user: int) -> None:
    """Write them into a folder that is closed to every other user.

    Args:
        folder: where.
        user: user and group id of the box's command.
    """
    account = f"sandbox:x:{user}"
    (folder / "passwd").write_text(f"root:x:0:0::/:/bin/sh\n{account}:{user}::/tmp:/bin/sh\n")
    (folder / "group").write_text(f"root:x:0:\n{account}:\n")
    for name in ACCOUNT_FILES:
        (folder / name).chmod(0o644)
    result_file(folder).touch()
    result_file(folder).chmod(0o666)


def result_file(folder: Path) -> Path:
    """The file on this machine that the command writes its result to."""
    return folder / _RESULT


def read_result(folder: Path) -> bytes:
    """What the command wrote, and no more of it than a reader needs to see that it is too long."""
    with result_file(folder).open("rb") as file:
        return file.read(RESULT_BYTES + 1)
