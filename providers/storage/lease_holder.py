"""Who holds a lease: one process of one machine, told apart from all others."""

import os
import socket
from pathlib import Path
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")
_ENDED = frozenset({"Z", "X"})
"""States of a process that was killed and whose parent has not asked for it yet."""


class Holder(BaseModel):
    """A process, as others read of it.

    Attributes:
        host: name of the machine, for people.
        boot: the kernel's id of the machine's present run; empty where the system has none.
        namespace: which processes its number is among: a container has numbers of its own.
        process: its number.
        started: when it started, in the kernel's ticks since boot.
        token: of this lease alone.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    host: str
    boot: str
    namespace: int
    process: int
    started: str
    token: str

    @property
    def told(self) -> str:
        """Who it is, for messages."""
        return f"process {self.process} on {self.host}"

    def is_gone(self) -> bool:
        """Whether the process has certainly ended; of another machine nobody here can say."""
        here = this_process()
        if not self.boot or (self.boot, self.namespace) != (here.boot, here.namespace):
            return False
        return _started(self.process) != self.started


def this_process() -> Holder:
    """The process that asks, with a token of its own at each call."""
    boot, namespace = "", 0
    if _BOOT.exists() and _NAMESPACE.exists():
        boot, namespace = _BOOT.read_text().strip(), _NAMESPACE.stat().st_ino
    process = os.getpid()
    return Holder(
        host=socket.gethostname(),
        boot=boot,
        namespace=namespace,
        process=process,
        started=_started(process),
        token=uuid4().hex,
    )


def _started(process: int) -> str:
    """When a process started; empty for one that has ended. See proc_pid_stat(5)."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in _ENDED else fields[19]
