"""Stage 6: the working tree, with every file empty, as the repository's first commit."""

from core.artifacts.structure import ValidatedStructure
from core.layout import CODE, VALIDATED_STRUCTURE
from providers.vcs.history import write_history
from tasks.engine.history import BRANCH, empty_tree
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork


async def create_empty_files(work: StageWork) -> Outputs:
    """Commit the empty tree."""
    structure = work.read(VALIDATED_STRUCTURE, ValidatedStructure)
    commits = [empty_tree(structure)]
    (commit,) = await write_history(work.session.repository, commits, branch=BRANCH)
    return {CODE: commit}
