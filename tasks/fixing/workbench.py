"""The repository under repair: its states are commits, and going back is git's work."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from codegen.acceptance import unmet_tests
from codegen.import_graph import ImportGraph
from core.artifacts.report import TestOutcome
from core.artifacts.run_plan import Runner
from core.artifacts.structure import PlannedTest, ValidatedStructure
from providers.vcs.history import Commit, FileChange, checkout, read_tree, write_history
from tasks.engine.build_session import BuildSession
from tasks.engine.history import BRANCH
from tasks.engine.verification import Verification, verify
from tasks.fixing.journal import Journal

_STANDING = {"green": 0, "red": 1, "not-run": 2}
_HIDING = frozenset(
    {"install", Runner.IMPORT_CHECK, Runner.LOAD_CHECK, Runner.NODE_CHECK, Runner.NPM_BUILD}
)
"""Steps whose failures keep tests from being run, and so hide how many of them fail."""

_BESIDE = frozenset({Runner.RUFF, Runner.TSC, Runner.ESLINT, Runner.GO_VET, Runner.BOOT})
"""Steps that say something of their own, whatever they call it; no test waits for them."""

_RAN = frozenset({TestOutcome.PASSED, TestOutcome.FAILED})


@dataclass(frozen=True)
class State:
    """One commit of the repository, and what its verification showed.

    Attributes:
        commit: full id of the commit.
        texts: every file by its path.
        run: the verification of everything.
        planned: the acceptance tests that there should be.
    """

    commit: str
    texts: Mapping[str, str]
    run: Verification
    planned: tuple[PlannedTest, ...] = ()

    @cached_property
    def graph(self) -> ImportGraph:
        """The imports of its files."""
        return ImportGraph(self.texts)

    @property
    def standing(self) -> tuple[int, int, int, int]:
        """How bad it is, to be compared: the less the better.

        It is ordered by how far the repository gets. Green comes before red, and red before what
        could not be run. Then count the failures that hide others, as a module that cannot be
        loaded hides all that its tests would show; then the planned tests that do not pass; then
        all failures, among them planned acceptance tests that did not run.
        """
        report, failures = self.run.report, self.run.failures
        broken = {
            (case.name, case.path) for case in report.cases if case.outcome is TestOutcome.ERROR
        }
        hiding = 0
        for failure in failures:
            step = failure.step.partition(" in ")[0]
            could_not_run = step not in _BESIDE and (failure.test, failure.test_path) in broken
            hiding += step in _HIDING or could_not_run
        passed = [case for case in report.cases if case.outcome is TestOutcome.PASSED]
        left = len(unmet_tests(self.planned, passed))
        return (_STANDING[report.status], hiding, left, len(failures))

    def tests_gone(self, after: "State") -> tuple[str, ...]:
        """Tests that ran here and do not in another state: their results may not just go away.

        What could not be run is none of them, and neither are steps without tests, which are
        listed only where they fail.
        """
        steps = {step.name for step in self.run.report.steps}
        ran = [
            {
                (case.path, case.name)
                for case in state.run.report.cases
                if case.outcome in outcomes and case.name not in steps
            }
            for state, outcomes in ((self, _RAN), (after, _RAN | {TestOutcome.ERROR}))
        ]
        return tuple(f"{path}::{name}" if path else name for path, name in sorted(ran[0] - ran[1]))


class Workbench:
    """Verifies commits and writes new ones.

    Args:
        session: the build.
        structure: what the repository should be.
        journal: what is known already.
        refused: files that no model wrote acceptably, each with what was wrong.
    """

    def __init__(
        self,
        session: BuildSession,
        structure: ValidatedStructure,
        journal: Journal,
        refused: Mapping[str, str],
    ) -> None:
        self._session = session
        self._structure = structure
        self._journal = journal
        self._refused = refused

    async def state_at(self, commit: str) -> State:
        """Read a commit and verify everything.

        Raises:
            SandboxError: the sandbox itself failed.
            VersionControlError: there is no such commit, or it cannot be written out.
            StorageError: the store failed.
        """
        run = await self.verified(commit)
        texts = await read_tree(self._session.repository, commit)
        return State(commit, texts, run, self._structure.tests)

    async def verified(self, commit: str, only: Collection[str] = ()) -> Verification:
        """Verify a commit, or take what is kept of that; errors as of `state_at`.

        Args:
            commit: full id of the commit.
            only: test files to which it is limited; everything if empty.
        """
        kept = await self._journal.run_of(commit, only)
        if kept is not None:
            return kept
        session = self._session
        tree = session.workspace / "tree"
        await checkout(session.repository, commit, tree)
        run = await verify(
            tree,
            self._structure,
            sandbox=session.sandbox,
            settings=session.settings,
            only=only,
            refused=self._refused,
        )
        await self._journal.keep_run(commit, only, run)
        return run

    async def commit(self, parent: str, message: str, changed: Mapping[str, str | None]) -> str:
        """Commit changes on top of a commit; the branch then points to the new one.

        Raises:
            VersionControlError: git failed.
        """
        changes = tuple(FileChange(path, text) for path, text in sorted(changed.items()))
        commits = [Commit(message=message, changes=changes)]
        repository = self._session.repository
        return (await write_history(repository, commits, branch=BRANCH, parent=parent))[-1]

    async def go_back(self, commit: str) -> None:
        """Let the branch point to an earlier commit again.

        Raises:
            VersionControlError: git failed.
        """
        await write_history(self._session.repository, [], branch=BRANCH, parent=commit)
