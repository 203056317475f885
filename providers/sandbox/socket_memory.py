"""What the sockets of a box hold in the kernel, where no process's resident set shows it.

A Unix socket holds what was sent through it and is not read yet, a UDP or netlink socket what it
received, each up to the machine's default size, since the system call filter lets no box ask for
another. The kernel says how many sockets a network namespace has, those included that are closed
and still hold something (`sk_free` in its net/core/sock.c), but not how full each is: so each
counts as full. TCP sockets grow beyond that size and say how many bytes they hold.
"""

from contextlib import suppress
from pathlib import Path

_DEFAULTS = ("/proc/sys/net/core/wmem_default", "/proc/sys/net/core/rmem_default")
_USED = "sockets: used "
_QUEUES = 4  # the column "tx_queue:rx_queue" of /proc/net/tcp
_OVERHEAD = 2
"""What a byte takes at most: a last message may begin while the buffer is not full yet, and may be
as large as the buffer; bytes of TCP take about as much again for the buffers they lie in."""


def socket_memory(process: int) -> int:
    """Most bytes that the sockets of a process's network namespace hold.

    Args:
        process: one of the box, which has a network namespace of its own.
    """
    folder = Path(f"/proc/{process}/net")
    held = 0
    with suppress(OSError):  # it may end at any moment
        held += _sockets((folder / "sockstat").read_text()) * _default_size()
        for name in ("tcp", "tcp6"):
            held += _queued((folder / name).read_text())
    return held * _OVERHEAD


def _sockets(said: str) -> int:
    numbers = (line.removeprefix(_USED) for line in said.splitlines() if line.startswith(_USED))
    return int(next(numbers, "0"))


def _default_size() -> int:
    return max(int(Path(path).read_text()) for path in _DEFAULTS)


def _queued(table: str) -> int:
    queues = (line.split()[_QUEUES].split(":") for line in table.splitlines()[1:])
    return sum(int(unsent, 16) + int(unread, 16) for unsent, unread in queues)
