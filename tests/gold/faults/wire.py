"""A server that fails in place of answering."""

from collections.abc import Iterator

from tests.gold.faults.mutant import Mutant, Subject
from tests.gold.playback import Fault
from tests.model_server import Failure

_FAILURES = {
    "429": Failure(status=429, retry_after=0.01),
    "5xx": Failure(status=500),
    "disconnect": Failure(status=0),
}
"""How a request fails; status 0 closes the connection in the middle of the answer."""


def failing(subject: Subject) -> Iterator[Mutant]:
    """Requests for a file that fail in each way."""
    for kind, failure in _FAILURES.items():
        yield Mutant(kind, subject.path, "at the request for it", "", Fault(failure=failure))
