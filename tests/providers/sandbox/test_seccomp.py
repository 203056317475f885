"""The call filter, run by an interpreter of its few instructions, on every machine type."""

import errno
import struct

import pytest

from providers.sandbox.seccomp import seccomp_program

ALLOW = 0x7FFF0000
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CLONE = {"x86_64": 56, "aarch64": 220}
UNSHARE = {"x86_64": 272, "aarch64": 97}
MOUNT = {"x86_64": 165, "aarch64": 40}
READ = {"x86_64": 0, "aarch64": 63}
MACHINES = pytest.mark.parametrize("machine", sorted(AUDIT))

CLONE3 = 435
IO_URING_SETUP = 425
NEW_USER, NEW_PID, NEW_NET = 0x10000000, 0x20000000, 0x40000000
THREAD_FLAGS = 0x3D0F00


def judge(machine: str, call: int, argument: int = 0, audit: int | None = None) -> int:
    """What the kernel would do with a call."""
    program = seccomp_program(machine)
    assert program is not None
    data = struct.pack("=IIQQ", call, audit or AUDIT[machine], 0, argument)
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


@MACHINES
def test_clone3_looks_unknown_so_that_callers_fall_back(machine: str):
    assert judge(machine, CLONE3) == refused(errno.ENOSYS)


@MACHINES
def test_calls_of_another_machine_type_look_unknown(machine: str):
    assert judge(machine, READ[machine], audit=0x40000003) == refused(errno.ENOSYS)


def test_calls_of_the_x32_kind_look_unknown():
    assert judge("x86_64", 0x40000000 | UNSHARE["x86_64"]) == refused(errno.ENOSYS)


def test_a_machine_type_that_is_not_known_has_no_filter():
    assert seccomp_program("abacus") is None
