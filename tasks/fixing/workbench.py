"""The repository under repair: its states are commits, and going back is git's work."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from codegen.import_graph import ImportGraph
from core.artifacts.report import TestOutcome
from core.artifacts.structure import ValidatedStructure
from providers.vcs.history import Commit, FileChange, checkout, read_tree, write_history
from tasks.engine.build_session import BuildSession
from tasks.engine.history import BRANCH
from tasks.engine.verification import Verification, verify
from tasks.fixing.journal import Journal

_STANDING = {"green": 0, "red": 1, "not-run": 2}


@dataclass(frozen=True)
class State:
    """One commit of the repository, and what its verification showed.

    Attributes:
        commit: full id of the commit.
        texts: every file by its path.
        run: the verification of everything.
    """

    commit: str
    texts: Mapping[str, str]
    run: Verification

    @cached_property
    def graph(self) -> ImportGraph:
        """The imports of its files."""
        return ImportGraph(self.texts)

    @property
    def standing(self) -> tuple[int, int, int]:
        """How bad it is, to be compared: the less the better.

        Green comes before red, and red before what could not be run; then the number of failures,
        among them planned acceptance tests that did not run; then that of the tests that did not
        even get as far as failing.
        """
        report = self.run.report
        failures = len(self.run.failures)
        return (_STANDING[report.status], failures, report.count(TestOutcome.ERROR))


class Workbench:
    """Verifies commits and writes new ones.

    Args:
        session: the build.
        structure: what the repository should be.
        journal: what is known already.
    """

    def __init__(
        self, session: BuildSession, structure: ValidatedStructure, journal: Journal
    ) -> None:
        self._session = session
        self._structure = structure
        self._journal = journal

    async def state_at(self, commit: str) -> State:
        """Read a commit and verify everything.

        Raises:
            SandboxError: the sandbox itself failed.
            VersionControlError: there is no such commit, or it cannot be written out.
            StorageError: the store failed.
        """
        run = await self.verified(commit)
        return State(commit, await read_tree(self._session.repository, commit), run)

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
            tree, self._structure, sandbox=session.sandbox, settings=session.settings, only=only
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
