"""Stage 6: the working tree, with every file empty, as the repository's first commit."""

from codegen.paths import check_paths
from core.artifacts.structure import ValidatedStructure
from core.errors import InputError
from core.layout import CODE, VALIDATED_STRUCTURE
from providers.vcs.history import write_history
from tasks.engine.history import BRANCH, empty_tree
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork


async def create_empty_files(work: StageWork) -> Outputs:
    """Commit the empty tree.

    Raises:
        InputError: a path is not fit for a repository; only an artifact edited by hand has such.
    """
    structure = work.read(VALIDATED_STRUCTURE, ValidatedStructure)
    allowed = work.session.settings.workflow_files
    served = {file.path for file in structure.files if file.template and allowed}
    if problems := check_paths([file.path for file in structure.files], served):
        raise InputError(f"{VALIDATED_STRUCTURE}: {'; '.join(problems[:5])}")
    commits = [empty_tree(structure)]
    (commit,) = await write_history(work.session.repository, commits, branch=BRANCH)
    return {CODE: commit}
