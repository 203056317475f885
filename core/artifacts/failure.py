"""What a failed test says about the code: where it broke, whose fault it is, and its signature."""

from enum import StrEnum

from pydantic import Field

from core.artifacts.base import Part


class FailureClass(StrEnum):
    """Where the cause of a failure is.

    `code`: in the repository's own code. `test`: in the test itself. `dependency`: in what is
    declared or installed. `environment`: in the machine it ran on, which gives no network, no
    services and no secrets.
    """

    CODE = "code"
    TEST = "test"
    DEPENDENCY = "dependency"
    ENVIRONMENT = "environment"


class Frame(Part):
    """A place in one of the repository's files; `function` is empty where none is named."""

    path: str
    line: int = Field(ge=1)
    function: str = ""


class Failure(Part):
    """One failed test, build or start.

    Attributes:
        step: the step it failed in, such as `pytest`.
        test: the test's name; for a file that cannot be loaded, or a build, what failed as a whole.
        test_path: the file the test is in, where the runner says so.
        error: the error's type, such as `KeyError`; empty where there is none.
        message: what the error says, without the stack.
        frames: the stack inside the repository, the place where it broke last.
        files: the repository's files involved, the likeliest first.
        failure_class: where the cause is.
        reasons: why this class, a sentence each.
        signature: equal for the same failure of another run, however lines, addresses, times and
            temporary paths differ.
        account: the runner's own words, shortened.
    """

    step: str
    test: str
    test_path: str = ""
    error: str = ""
    message: str = ""
    frames: tuple[Frame, ...] = ()
    files: tuple[str, ...] = ()
    failure_class: FailureClass
    reasons: tuple[str, ...] = Field(min_length=1)
    signature: str
    account: str = ""
