"""Bounds that every box has besides those of the settings, and the users that boxes run as."""

READY = "ready"
"""What a box prints on its standard error right before the command starts."""

MAX_FILES = 100_000
"""Most files and folders of a box, because tmpfs cannot bound the memory they take by size."""

SHARED_MEMORY_BYTES = 64 * 1024 * 1024
"""Size of `/dev/shm`."""

OPEN_FILES = 1024
"""Most open files of a process."""

OWNER = 61184
"""User id of the boxes of root that may write to folders of the host, which are this user's."""


def box_user(number: int) -> int:
    """User id for a box of root's.

    Root is not bound by a limit on processes, and any other user's limit counts all processes of
    that user. So each box of root gets an id of its own from the range that Linux distributions
    reserve for short-lived services (61184 to 65519), without the first, which is `OWNER`'s.

    Args:
        number: any; boxes with different numbers can run side by side.
    """
    return OWNER + 1 + number % 4335
