"""A small repository that fails, in a build whose models are scripted at the transport."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.artifacts.file_prompts import FilePrompt, FilePrompts
from core.artifacts.fixes import Fixes, Guidance
from core.artifacts.report import TestReport
from core.artifacts.structure import (
    Export,
    FileContract,
    Import,
    Module,
    PlannedTest,
    ValidatedStructure,
)
from core.layout import (
    CODE,
    FILE_PROMPTS,
    FIXES,
    GUIDANCE,
    SPECS_CLEAN,
    TESTS_REPORT,
    VALIDATED_STRUCTURE,
)
from core.settings import FixingLimits
from providers.vcs.history import Commit, FileChange, read_tree, write_history
from tasks.engine.build_session import BuildSession
from tasks.engine.history import BRANCH
from tasks.engine.stage_call import Outputs
from tasks.fixing.stage import test_and_fix as run_stage
from tests.codegen.structures import SPEC
from tests.tasks.sessions import Asked, ScriptedModel, open_session, work_on

MANIFEST = '[project]\nname = "shop"\nversion = "0"\n'
WRONG = '"""Prices."""\n\n\ndef total(prices: list[int]) -> int:\n    return sum(prices) + 1\n'
TESTS = (
    "from shop.prices import total\n\n\n"
    "def test_adds_up():\n    assert total([1, 2]) == 3\n\n\n"
    "def test_knows_nothing():\n    assert total([]) == 0\n"
)
FILES = {
    "pyproject.toml": MANIFEST,
    "shop/__init__.py": "",
    "shop/prices.py": WRONG,
    "tests/test_prices.py": TESTS,
    "tests/test_other.py": "def test_other():\n    assert True\n",
}
PLANNED = (
    PlannedTest(requirement="FR-1", path="tests/test_prices.py", case="test_adds_up"),
    PlannedTest(requirement="FR-1", path="tests/test_prices.py", case="test_knows_nothing"),
)
CONTRACTS = (
    FileContract(
        path="shop/prices.py",
        purpose="Prices.",
        exports=(
            Export(name="total", kind="function", signature="def total(prices: list[int]) -> int"),
        ),
        requirements=("FR-1",),
    ),
    FileContract(
        path="tests/test_prices.py",
        purpose="Tests.",
        imports=(Import(path="shop/prices.py", symbols=("total",)),),
        requirements=("FR-1",),
    ),
)
STRUCTURE = ValidatedStructure(
    modules=(Module(name="core", purpose="All.", files=CONTRACTS),), tests=PLANNED
)


def edit(old: str, new: str, path: str = "shop/prices.py", cause: str = "It adds one.") -> str:
    """An answer that replaces some lines."""
    return f"{cause}\n\n{path}\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"


RIGHT = edit("    return sum(prices) + 1", "    return sum(prices)")


@dataclass
class Repairs:
    """Runs stage 7.5 on a repository.

    Attributes:
        folder: the home of its builds; runs on one folder are runs of one build.
        model: what answered last, with what it was asked.
        session: of the last run.
    """

    folder: Path
    model: ScriptedModel = field(default_factory=lambda: ScriptedModel([]))
    session: BuildSession | None = None
    start: str = ""

    async def run(
        self,
        *answers: str | Asked,
        files: Mapping[str, str] = FILES,
        guidance: Sequence[str] = (),
        limits: FixingLimits | None = None,
        run_id: str = "run-1",
        structure: ValidatedStructure = STRUCTURE,
        refused: str = "",
    ) -> Fixes:
        """Test and mend it with these answers; what is left of them is an answer too many.

        `refused` is the path of a file that no model wrote acceptably.
        """
        self.model = ScriptedModel(answers)
        session = open_session(self.folder, self.model)
        session.settings = session.settings.model_copy(update={"fixing": limits or FixingLimits()})
        record = session.recorder.record
        session.recorder.record = record.model_copy(update={"flow_run_id": run_id})
        self.session = session
        changes = tuple(FileChange(path, text) for path, text in sorted(files.items()))
        commits = [Commit(message="Write the shop", changes=changes)]
        (self.start,) = await write_history(session.repository, commits, branch=BRANCH)
        unwritten = (FilePrompt(path=refused, refused="Line 1: it is a stub."),) if refused else ()
        inputs = {
            CODE: self.start,
            VALIDATED_STRUCTURE: structure,
            SPECS_CLEAN: SPEC,
            FILE_PROMPTS: FilePrompts(budget=1, files=unwritten),
        }
        given = {**inputs, GUIDANCE: Guidance(rounds=tuple(guidance))}
        self.outputs: Outputs = await run_stage(
            work_on(session, "7.5", given if guidance else inputs)
        )
        fixes = self.outputs[FIXES]
        assert isinstance(fixes, Fixes)
        assert fixes.commit == self.outputs[CODE] == self.report.commit
        return fixes

    @property
    def report(self) -> TestReport:
        """What the tests said of the commit that is published."""
        report = self.outputs[TESTS_REPORT]
        assert isinstance(report, TestReport)
        return report

    @property
    def prompts(self) -> list[str]:
        """The last turn of every question asked in the last run."""
        return [body["messages"][-1]["content"] for body in self.model.asked]

    async def files(self) -> dict[str, str]:
        """The files that are published."""
        assert self.session is not None
        return await read_tree(self.session.repository, str(self.outputs[CODE]))
