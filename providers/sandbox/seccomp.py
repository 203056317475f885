"""A system call filter that keeps a box's bounds from being stepped around.

Namespaces and resource limits leave gaps: a process that may make a user namespace of its own can
mount filesystems without a size, and memory that belongs to no process's resident set (System V
segments, anonymous files, kernel keyrings, pages given to a pipe) escapes the count. The calls
behind those gaps, and those that mostly serve to attack a kernel, are refused inside a box;
programs cope as they do on kernels that lack them. Sockets keep the buffers that the machine gives
them, so that `socket_memory` can count them, and are of families that network namespaces separate.
"""

import errno
import platform
import struct
from dataclasses import dataclass

from core.errors import SandboxError

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
_FIRST_ARGUMENT = 16  # the low halves, on little-endian machines
_SECOND_ARGUMENT = 24
_THIRD_ARGUMENT = 32

_NEW_NAMESPACES = 0x7E020000  # every CLONE_NEW* flag of clone(2)
_X32_CALLS = 0x40000000  # x86-64 numbers from here on belong to the x32 ABI


@dataclass(frozen=True, slots=True)
class _Machine:
    """Numbers of one machine type.

    Attributes:
        audit: its AUDIT_ARCH constant.
        clone: clone(2), refused when it asks for a namespace.
        setsockopt: setsockopt(2), without effect where it asks for another buffer.
        socket: socket(2) and socketpair(2), refused for other than ordinary families.
        refused: calls that are refused altogether.
    """

    audit: int
    clone: int
    setsockopt: int
    socket: tuple[int, int]
    refused: tuple[int, ...]


# The same numbers on every machine type: clone3, whose flags a filter cannot see (its callers fall
# back to clone), io_uring_setup, open_tree, move_mount, fsopen, fsconfig, fsmount, fspick,
# mount_setattr, memfd_secret.
_CLONE3 = 435
_REFUSED_EVERYWHERE = (_CLONE3, 425, 428, 429, 430, 431, 432, 433, 442, 447)

# The same numbers on both machine types.
_SOL_SOCKET = 1
_BUFFER_OPTIONS = (7, 8, 32, 33)  # SO_SNDBUF, SO_RCVBUF, SO_SNDBUFFORCE, SO_RCVBUFFORCE
_FAMILIES = (1, 2, 10, 16)  # AF_UNIX, AF_INET, AF_INET6, AF_NETLINK
_FURTHER_PROTOCOLS = 132  # SCTP, and beyond it UDP-Lite and MPTCP; TCP and UDP are below

_MACHINES = {
    # unshare, setns, mount, umount2, pivot_root, ptrace, keyctl, add_key, request_key, bpf,
    # perf_event_open, userfaultfd, memfd_create, shmget, msgget, vmsplice
    "x86_64": _Machine(
        audit=0xC000003E,
        clone=56,
        setsockopt=54,
        socket=(41, 53),
        refused=(272, 308, 165, 166, 155, 101, 250, 248, 249, 321, 298, 323, 319, 29, 68, 278),
    ),
    "aarch64": _Machine(
        audit=0xC00000B7,
        clone=220,
        setsockopt=208,
        socket=(198, 199),
        refused=(97, 268, 40, 39, 41, 117, 219, 217, 218, 280, 241, 282, 279, 194, 186, 75),
    ),
}


def seccomp_program(machine: str | None = None) -> bytes:
    """The filter as the kernel's array of BPF instructions.

    Args:
        machine: as `platform.machine()` names it; default: this machine.

    Raises:
        SandboxError: the call numbers of this machine type are not known here. Without a filter the
            bounds of a box do not hold.
    """
    machine = machine or platform.machine()
    numbers = _MACHINES.get(machine)
    if numbers is None:
        raise SandboxError(
            f"there is no filter of system calls for the machine type {machine!r}, only for "
            f"{' and '.join(sorted(_MACHINES))}; use Docker"
        )
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
    program += _for_call(numbers.setsockopt, _keep_buffers())
    for call in numbers.socket:
        program += _for_call(call, _keep_to_families())
    program += [
        _instruction(_JUMP_EQUAL, numbers.clone, if_false=3),
        _instruction(_LOAD_WORD, _FIRST_ARGUMENT),
        _instruction(_JUMP_ANY_BIT, _NEW_NAMESPACES, if_false=1),
        forbidden,
        _instruction(_RETURN, _ALLOW),
    ]
    return b"".join(program)


def _for_call(call: int, instructions: list[bytes]) -> list[bytes]:
    """Instructions for one call, which all end in a verdict."""
    return [_instruction(_JUMP_EQUAL, call, if_false=len(instructions)), *instructions]


def _keep_buffers() -> list[bytes]:
    """A wish for a buffer's size counts as heard: the kernel, too, cuts it down without a word."""
    wishes = len(_BUFFER_OPTIONS)
    return [
        _instruction(_LOAD_WORD, _SECOND_ARGUMENT),
        _instruction(_JUMP_EQUAL, _SOL_SOCKET, if_false=1 + wishes),
        _instruction(_LOAD_WORD, _THIRD_ARGUMENT),
        *(
            _instruction(_JUMP_EQUAL, option, if_true=wishes - place)
            for place, option in enumerate(_BUFFER_OPTIONS)
        ),
        _instruction(_RETURN, _ALLOW),
        _instruction(_RETURN, _ERROR),
    ]


def _keep_to_families() -> list[bytes]:
    known = len(_FAMILIES)
    return [
        _instruction(_LOAD_WORD, _FIRST_ARGUMENT),
        *(
            _instruction(_JUMP_EQUAL, family, if_true=known - place)
            for place, family in enumerate(_FAMILIES)
        ),
        _instruction(_RETURN, _ERROR | errno.EAFNOSUPPORT),
        _instruction(_LOAD_WORD, _THIRD_ARGUMENT),
        _instruction(_JUMP_GREATER_EQUAL, _FURTHER_PROTOCOLS, if_false=1),
        _instruction(_RETURN, _ERROR | errno.EPROTONOSUPPORT),
        _instruction(_RETURN, _ALLOW),
    ]


def _instruction(code: int, value: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    """One struct sock_filter; the jumps count the instructions to leave out."""
    return struct.pack("=HBBI", code, if_true, if_false, value)
