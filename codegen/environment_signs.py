"""Tells by what the system itself reports that a failure is due to the machine.

Ordinary code says `Permission denied` and `already in use` as well. So what counts is the number or
symbol that the system gives an error and the form that runtimes report it in; words count only of
errors that are defined outside the repository, such as a database driver's.
"""

import errno
import re
from collections.abc import Iterator

_SERVICE = "it asks a service that is not there"
_NETWORK = "it asks for the network, which tests do not have"
_ROOM = "the machine has no room or files left for it"
_MEMORY = "it takes more memory than there is"
_PORT = "the port it listens on is taken"
_RIGHT = "it asks for a file or a right it does not have"
_LIBRARY = "a library of the system is missing"
_PROGRAM = "it starts a program that is not installed"
_VARIABLE = "it asks for an environment variable that is not set"
_SETTINGS = "it asks for settings that nobody made"

_SYMBOLS = {
    **dict.fromkeys(("ECONNREFUSED", "ECONNRESET"), _SERVICE),
    **dict.fromkeys(("ENOTFOUND", "EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH"), _NETWORK),
    **dict.fromkeys(("ENOSPC", "EMFILE", "ENFILE", "EDQUOT"), _ROOM),
    "ENOMEM": _MEMORY,
    "EADDRINUSE": _PORT,
    **dict.fromkeys(("EACCES", "EPERM", "EROFS"), _RIGHT),
}
"""Symbols of POSIX, and those of libuv for names that cannot be looked up."""

_NUMBERED = re.compile(r"\[Errno (?P<number>-?\d+)\]")
_SYMBOL = re.compile(
    r"(?:^|: )(?:(?:connect|listen|bind|read|write|getaddrinfo|accept) (?P<call>E[A-Z_]+)\b"
    r"|(?P<file>E[A-Z_]+): [a-z ]+(?:, [a-z]+\b|$))",
    re.MULTILINE,
)
"""As Node reports system errors: `connect ECONNREFUSED …`, `EACCES: permission denied, open …`."""

_AGGREGATE = re.compile(r"AggregateError \[(?P<name>E[A-Z_]+)\]")
"""As Node reports that no address of a host answers; it says nothing more of it."""

_REPORTED = (
    (re.compile(r"dial \w+.*: connect: connection refused"), _SERVICE),
    (re.compile(r"dial \w+: lookup .*|dial \w+.*: network is unreachable"), _NETWORK),
    (re.compile(r"listen \w+.*: bind: address already in use"), _PORT),
    (re.compile(r"(?:open|mkdir|remove|stat) \S+: permission denied"), _RIGHT),
    (re.compile(r'spawn \S+ ENOENT|exec: "[^"]+": executable file not found'), _PROGRAM),
    (re.compile(r"\S+\.so[.\d]*: cannot open shared object file"), _LIBRARY),
    (re.compile(r"JavaScript heap out of memory|runtime: out of memory"), _MEMORY),
    (
        re.compile(
            r"(?i)(?:missing|required|not set|undefined|set)\b.{0,60}\benvironment variable"
            r"|environment variable.{0,80}\b(?:missing|required|not set|not defined|must be set)"
        ),
        _VARIABLE,
    ),
    (re.compile(r"validation errors? for \w*(?:Settings|Config|Configuration)\b"), _SETTINGS),
)
"""Forms that Go, the loader and runtimes report in, and what applications say of variables."""

_WORDS = (
    (re.compile(r"(?i)connection refused|connection reset by peer|ECONNREFUSED"), _SERVICE),
    (
        re.compile(
            r"(?i)name or service not known|temporary failure in name resolution|EAI_AGAIN"
            r"|network is unreachable|failed to lookup address|getaddrinfo|ENOTFOUND|no such host"
        ),
        _NETWORK,
    ),
    (re.compile(r"(?i)no space left on device|too many open files|disk quota"), _ROOM),
    (re.compile(r"(?i)cannot allocate memory"), _MEMORY),
    (re.compile(r"(?i)address already in use"), _PORT),
    (re.compile(r"(?i)permission denied|read-only file system"), _RIGHT),
)
_VARIABLE_READ = re.compile(r"os\.environ\[|<frozen os>|os\.py.*: in __getitem__")
_UNSET = re.compile(r"The environment variable .* is not set\.", re.DOTALL)
_LACKS = tuple(f": {lack}." for lack in (_SERVICE, _NETWORK, _VARIABLE, _SETTINGS))
_STARTED = re.compile(r"\bsubprocess\.py:\d+|\b_execute_child\b|\bin (?:_execvpe|posix_spawn)\b")


def environment_sign(error: str, message: str, account: str, *, foreign: bool) -> str:
    """What shows that the machine is the cause, and why, in a sentence; empty if nothing does.

    Args:
        error: type of the error.
        message: what it says.
        account: all of the runner's words, with the frames outside the repository.
        foreign: whether the error is of code outside the repository, so that its words count.
    """
    if error == "KeyError" and _VARIABLE_READ.search(account):
        return f"The environment variable {message} is not set."
    if error.rpartition(".")[2] == "MemoryError":
        return f"{error!r}: {_MEMORY}."
    for number in _NUMBERED.finditer(message):
        if reason := _of_number(int(number["number"]), account):
            return f"{number[0]!r}: {reason}."
    for name in _symbols(error, message, account):
        if name in _SYMBOLS:
            return f"{name!r}: {_SYMBOLS[name]}."
    for pattern, reason in (*_REPORTED, *(_WORDS if foreign else ())):
        if match := pattern.search(message):
            return f"{match[0]!r}: {reason}."
    return ""


def _symbols(error: str, message: str, account: str) -> Iterator[str]:
    if error == "AggregateError" and (found := _AGGREGATE.search(account)):
        yield found["name"]
    for symbol in _SYMBOL.finditer(message):
        yield symbol["call"] or symbol["file"]


def is_lack(sign: str) -> bool:
    """Whether a sign is of what a person gives a program: variables, settings or services.

    Memory, room, ports and rights are not among them: code that asks too much of the machine may
    ask as much of any other.

    Args:
        sign: what `environment_sign` returned.
    """
    return sign.endswith(_LACKS) or _UNSET.fullmatch(sign) is not None


def _of_number(number: int, account: str) -> str:
    if number < 0:  # those of getaddrinfo
        return _NETWORK
    if number == errno.ENOENT:
        return _PROGRAM if _STARTED.search(account) else ""  # else a file of the code's own
    return _SYMBOLS.get(errno.errorcode.get(number, ""), "")
