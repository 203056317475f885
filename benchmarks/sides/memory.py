"""How much memory this process had at most."""

from pathlib import Path


def peak_mb() -> float:
    """Most memory so far, in MiB; that of the parent before this program began is not in it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1_024
