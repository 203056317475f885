"""A system call filter that keeps a box's bounds from being stepped around.

Namespaces and resource limits leave gaps: a process that may make a user namespace of its own can
mount filesystems without a size, and memory that belongs to no process's resident set (System V
segments, anonymous files, kernel keyrings) escapes the count. The calls behind those gaps, and
those that mostly serve to attack a kernel, are refused inside a box; programs cope as they do on
kernels that lack them.
"""

import errno
import platform
import struct
from dataclasses import dataclass

_LOAD_WORD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_JUMP_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_JUMP_GREATER_EQUAL = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_JUMP_ANY_BIT = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K

_ALLOW = 0x7FFF0000  # SECCOMP_RET_ALLOW
_ERROR = 0x00050000  # SECCOMP_RET_ERRNO; the low half is the error number

# Offsets in struct seccomp_data.
_CALL_NUMBER = 0
_ARCHITECTURE = 4
_FIRST_ARGUMENT = 16  # its low half, on little-endian machines

_NEW_NAMESPACES = 0x7E020000  # every CLONE_NEW* flag of clone(2)
_X32_CALLS = 0x40000000  # x86-64 numbers from here on belong to the x32 ABI


@dataclass(frozen=True, slots=True)
class _Machine:
    """Numbers of one machine type.

    Attributes:
        audit: its AUDIT_ARCH constant.
        clone: clone(2), refused when it asks for a namespace.
        refused: calls that are refused altogether.
    """

    audit: int
    clone: int
    refused: tuple[int, ...]


# The same numbers on every machine type: clone3, whose flags a filter cannot see (its callers fall
# back to clone), io_uring_setup, open_tree, move_mount, fsopen, fsconfig, fsmount, fspick,
# mount_setattr, memfd_secret.
_CLONE3 = 435
_REFUSED_EVERYWHERE = (_CLONE3, 425, 428, 429, 430, 431, 432, 433, 442, 447)

_MACHINES = {
    # unshare, setns, mount, umount2, pivot_root, ptrace, keyctl, add_key, request_key, bpf,
    # perf_event_open, userfaultfd, memfd_create, shmget, msgget
    "x86_64": _Machine(
        audit=0xC000003E,
        clone=56,
        refused=(272, 308, 165, 166, 155, 101, 250, 248, 249, 321, 298, 323, 319, 29, 68),
    ),
    "aarch64": _Machine(
        audit=0xC00000B7,
        clone=220,
        refused=(97, 268, 40, 39, 41, 117, 219, 217, 218, 280, 241, 282, 279, 194, 186),
    ),
}


def seccomp_program(machine: str | None = None) -> bytes | None:
    """The filter as the kernel's array of BPF instructions.

    Args:
        machine: as `platform.machine()` names it; default: this machine.

    Returns:
        The program, or `None` for a machine type whose call numbers are not known here.
    """
    numbers = _MACHINES.get(machine or platform.machine())
    if numbers is None:
        return None
    unknown_call = _instruction(_RETURN, _ERROR | errno.ENOSYS)
    forbidden = _instruction(_RETURN, _ERROR | errno.EPERM)
    program = [
        _instruction(_LOAD_WORD, _ARCHITECTURE),
        _instruction(_JUMP_EQUAL, numbers.audit, if_true=1),
        unknown_call,
        _instruction(_LOAD_WORD, _CALL_NUMBER),
        _instruction(_JUMP_GREATER_EQUAL, _X32_CALLS, if_false=1),
        unknown_call,
    ]
    for call in (*_REFUSED_EVERYWHERE, *numbers.refused):
        program += [
            _instruction(_JUMP_EQUAL, call, if_false=1),
            unknown_call if call == _CLONE3 else forbidden,
        ]
    program += [
        _instruction(_JUMP_EQUAL, numbers.clone, if_false=3),
        _instruction(_LOAD_WORD, _FIRST_ARGUMENT),
        _instruction(_JUMP_ANY_BIT, _NEW_NAMESPACES, if_false=1),
        forbidden,
        _instruction(_RETURN, _ALLOW),
    ]
    return b"".join(program)


def _instruction(code: int, value: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    """One struct sock_filter; the jumps count the instructions to leave out."""
    return struct.pack("=HBBI", code, if_true, if_false, value)
