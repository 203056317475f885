"""How a generated repository is verified: what runs, in which order, and what it writes."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from core.artifacts.base import Part

StepKind = Literal["gate", "build", "test", "boot"]
"""What a step is for; `gate` are the checks of the whole repository."""

BOOT_PATHS = ("/health", "/")
"""What a started application is asked for: the second where it does not know the first."""


class Runner(StrEnum):
    """What runs a step; the values are the names that reports show."""

    PYTEST = "pytest"
    NODE_TEST = "node:test"
    VITEST = "vitest"
    JEST = "jest"
    MOCHA = "mocha"
    GO_TEST = "go test"
    NPM_TEST = "npm test"
    NPM_BUILD = "npm run build"
    IMPORT_CHECK = "import check"
    LOAD_CHECK = "load check"
    RUFF = "ruff"
    NODE_CHECK = "node --check"
    TSC = "tsc"
    ESLINT = "eslint"
    GO_VET = "go vet"
    BOOT = "boot check"


class ReportFormat(StrEnum):
    """What a step writes to its report file.

    `jest-json` is what `jest --json` writes, and vitest's reporter `json`; `go-json` the events of
    `go test -json`; `boot-json` and `load-json` the answers of our own probes; `ruff-json` and
    `eslint-json` what these linters write; `node-check` a record, begun with the character 30, for
    each file that `node --check` refuses: its path, and what node said; of `tsc`, `go-vet` and
    `none` there is only what the command prints.
    """

    JUNIT = "junit"
    JEST = "jest-json"
    MOCHA = "mocha-json"
    GO = "go-json"
    BOOT = "boot-json"
    LOAD = "load-json"
    RUFF = "ruff-json"
    NODE_CHECK = "node-check"
    TSC = "tsc"
    ESLINT = "eslint-json"
    GO_VET = "go-vet"
    NONE = "none"


class Tool(StrEnum):
    """A program of ours that a step uses; the values are its names in `TOOL_FOLDER`."""

    LOAD_PROBE = "load_probe.py"
    RUFF = "ruff"


TOOL_FOLDER = "/tools"
"""Where a box has the tools of a step."""


class BootCheck(Part):
    """An application that is started and asked for an answer over HTTP.

    Attributes:
        port: what the application is told to listen on, in `PORT` or by its command. It may choose
            another one.
        paths: what is asked for, in this order, until it knows one.
    """

    port: int = Field(ge=1024, le=65_535)
    paths: tuple[str, ...] = BOOT_PATHS


class Step(Part):
    """One command over the repository.

    Attributes:
        folder: where it runs, relative to the repository's root; empty for the root.
        command: program and arguments; programs are found by `PATH`.
        report_path: the file inside the sandbox that gets the report; empty where there is none.
        seconds: most wall time; none leaves it to the sandbox's own bound.
        boot: of a boot check, what the started command is asked.
        module: of `go test`, the module's import path, by which Go names packages.
        tools: programs of ours that the command uses.
    """

    kind: StepKind
    runner: Runner
    ecosystem: Literal["python", "npm", "go"]
    folder: str = ""
    command: tuple[str, ...] = Field(min_length=1)
    report: ReportFormat = ReportFormat.NONE
    report_path: str = ""
    seconds: float | None = Field(default=None, gt=0)
    boot: BootCheck | None = None
    module: str = ""
    tools: tuple[Tool, ...] = ()

    @property
    def name(self) -> str:
        """The step as reports name it, such as `vitest in web`."""
        return f"{self.runner} in {self.folder}" if self.folder else str(self.runner)


class RunPlan(Part):
    """Every step of a repository: of each project in it the build, the tests and the boot check.

    Attributes:
        steps: in the order in which they run.
        notes: what is not run, and why, a sentence each.
    """

    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()
