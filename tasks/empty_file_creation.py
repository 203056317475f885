"""Stage 6: the working tree, with every file empty, as the repository's first commit."""

from pathlib import Path

from core.artifacts.structure import ValidatedStructure
from core.layout import CODE, VALIDATED_STRUCTURE
from providers.vcs.history import Commit, FileChange, write_history
from tasks.build_session import BuildSession
from tasks.stage_call import Outputs
from tasks.stage_work import StageWork

BRANCH = "build"
"""Branch of the build's own repository; publishing chooses the public one."""


async def create_empty_files(work: StageWork) -> Outputs:
    """Commit the empty tree."""
    structure = work.read(VALIDATED_STRUCTURE, ValidatedStructure)
    (commit,) = await write_history(
        repository_of(work.session), [empty_tree(structure)], branch=BRANCH
    )
    return {CODE: commit}


def empty_tree(structure: ValidatedStructure) -> Commit:
    """The first commit of a build: every file of the structure, empty."""
    paths = sorted(file.path for file in structure.files)
    return Commit(
        message=f"Create {len(paths)} empty files",
        changes=tuple(FileChange(path=path, content="") for path in paths),
    )


def repository_of(session: BuildSession) -> Path:
    """Folder of the build's own Git repository."""
    return session.workspace / "repository.git"
