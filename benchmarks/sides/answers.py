"""What the model of the benchmark says: a brief, or the file that a prompt asks for."""

import re

from benchmarks.sides.product import source

BRIEF = """Purpose
Books the moves of goods in one part of the store, and says how many pieces are there.

Public names
The one function of the contract, with its signature as it stands there. Nothing else is public.

Behaviour
It takes all moves of one kind of goods in the order they were booked. A move in is a positive
number of pieces, a move out a negative one. The sum is what is there. Where the contract names a
file that it imports, the sum is taken by that file's function, so that all parts count alike.
Whatever falls below its least, times the number of the shelf, is listed in the order of what is
left, so that it can be ordered anew; where two have the same left, the name decides.

Errors and edge cases
A move of no pieces is none: it is refused with a `ValueError` that quotes it. No moves at all are
nothing there, which is 0. Numbers may be of any size.

Tests
Nothing."""

_CODER = b"# coder"
_PART = re.compile(rb"in part (\d{4}) of the store")


def answer_to(body: bytes) -> str:
    """The brief, unless the request is a coder's; then the file, whose contract comes last."""
    if _CODER not in body:
        return BRIEF
    number = int(_PART.findall(body)[-1])
    text = source(number)
    return f"```python stock/part_{number:04}.py\n{text}```\n"
