"""The call filter, run by an interpreter of its few instructions, on every machine type."""

import errno
import socket
import struct

import pytest

from core.errors import SandboxError
from providers.sandbox.seccomp import seccomp_program

ALLOW = 0x7FFF0000
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CLONE = {"x86_64": 56, "aarch64": 220}
UNSHARE = {"x86_64": 272, "aarch64": 97}
MOUNT = {"x86_64": 165, "aarch64": 40}
VMSPLICE = {"x86_64": 278, "aarch64": 75}
SETSOCKOPT = {"x86_64": 54, "aarch64": 208}
SOCKET = {"x86_64": 41, "aarch64": 198}
SOCKETPAIR = {"x86_64": 53, "aarch64": 199}
READ = {"x86_64": 0, "aarch64": 63}
MACHINES = pytest.mark.parametrize("machine", sorted(AUDIT))

CLONE3 = 435
IO_URING_SETUP = 425
NEW_USER, NEW_PID, NEW_NET = 0x10000000, 0x20000000, 0x40000000
THREAD_FLAGS = 0x3D0F00


def judge(machine: str, call: int, *arguments: int, audit: int | None = None) -> int:
    """What the kernel would do with a call."""
    program = seccomp_program(machine)
    six = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = struct.pack("=IIQ6Q", call, audit or AUDIT[machine], 0, *six)
    place = accumulator = 0
    while True:
        code, if_true, if_false, value = struct.unpack_from("=HBBI", program, place * 8)
        place += 1
        match code:
            case 0x20:
                (accumulator,) = struct.unpack_from("=I", data, value)
            case 0x15:
                place += if_true if accumulator == value else if_false
            case 0x35:
                place += if_true if accumulator >= value else if_false
            case 0x45:
                place += if_true if accumulator & value else if_false
            case _:
                assert code == 0x06
                return value


def refused(number: int) -> int:
    return 0x00050000 | number


@MACHINES
def test_ordinary_calls_pass(machine: str):
    assert judge(machine, READ[machine]) == ALLOW
    assert judge(machine, CLONE[machine], THREAD_FLAGS) == ALLOW
    assert judge(machine, CLONE[machine], 17) == ALLOW


@MACHINES
@pytest.mark.parametrize("flag", [NEW_USER, NEW_PID, NEW_NET, NEW_USER | THREAD_FLAGS])
def test_new_namespaces_are_refused(machine: str, flag: int):
    assert judge(machine, CLONE[machine], flag) == refused(errno.EPERM)
    assert judge(machine, UNSHARE[machine], flag) == refused(errno.EPERM)


@MACHINES
def test_calls_that_step_around_bounds_are_refused(machine: str):
    assert judge(machine, MOUNT[machine]) == refused(errno.EPERM)
    assert judge(machine, IO_URING_SETUP) == refused(errno.EPERM)

    assert judge(machine, VMSPLICE[machine]) == refused(errno.EPERM)


@MACHINES
@pytest.mark.parametrize(
    "option",
    [socket.SO_SNDBUF, socket.SO_RCVBUF, 32, 33],  # the last two: …FORCE
)
def test_a_socket_keeps_its_buffers_and_is_told_nothing_else(machine: str, option: int):
    assert judge(machine, SETSOCKOPT[machine], 3, socket.SOL_SOCKET, option) == refused(0)


@MACHINES
@pytest.mark.parametrize(
    ("level", "option"),
    [
        (socket.SOL_SOCKET, socket.SO_REUSEADDR),
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
        (socket.IPPROTO_TCP, socket.SO_SNDBUF),
    ],
)
def test_other_options_of_sockets_pass(machine: str, level: int, option: int):
    assert judge(machine, SETSOCKOPT[machine], 3, level, option) == ALLOW


@MACHINES
@pytest.mark.parametrize(
    ("family", "protocol", "verdict"),
    [
        (socket.AF_UNIX, 0, ALLOW),
        (socket.AF_INET, socket.IPPROTO_TCP, ALLOW),
        (socket.AF_INET6, socket.IPPROTO_UDP, ALLOW),
        (socket.AF_NETLINK, 0, ALLOW),
        (socket.AF_VSOCK, 0, refused(errno.EAFNOSUPPORT)),
        (socket.AF_PACKET, 0, refused(errno.EAFNOSUPPORT)),
        (socket.AF_ALG, 0, refused(errno.EAFNOSUPPORT)),
        (socket.AF_INET, 262, refused(errno.EPROTONOSUPPORT)),  # MPTCP
    ],
)
def test_sockets_are_of_ordinary_families(machine: str, family: int, protocol: int, verdict: int):
    for call in (SOCKET, SOCKETPAIR):
        assert judge(machine, call[machine], family, 1, protocol) == verdict


@MACHINES
def test_clone3_looks_unknown_so_that_callers_fall_back(machine: str):
    assert judge(machine, CLONE3) == refused(errno.ENOSYS)


@MACHINES
def test_calls_of_another_machine_type_look_unknown(machine: str):
    assert judge(machine, READ[machine], audit=0x40000003) == refused(errno.ENOSYS)


def test_calls_of_the_x32_kind_look_unknown():
    assert judge("x86_64", 0x40000000 | UNSHARE["x86_64"]) == refused(errno.ENOSYS)


def test_a_machine_type_that_is_not_known_is_refused():
    with pytest.raises(SandboxError, match="machine type 'abacus'"):
        seccomp_program("abacus")
