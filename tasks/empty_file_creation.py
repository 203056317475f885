"""Stage 6: the working tree, with every file empty, as the repository's first commit."""

from codegen.paths import check_paths
from core.artifacts.structure import ValidatedStructure
from core.errors import InputError
from core.layout import CODE, VALIDATED_STRUCTURE
from providers.vcs.history import write_history
from tasks.engine.history import BRANCH, begun_change, empty_tree
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork


async def create_empty_files(work: StageWork) -> Outputs:
    """Commit the empty tree; of a changed product, the files that are new, on top of the others.

    Raises:
        InputError: a path is not fit for a repository; only an artifact edited by hand has such.
    """
    structure = work.read(VALIDATED_STRUCTURE, ValidatedStructure)
    allowed = work.session.settings.workflow_files
    served = {file.path for file in structure.files if file.template and allowed}
    if problems := check_paths([file.path for file in structure.files], served):
        raise InputError(f"{VALIDATED_STRUCTURE}: {'; '.join(problems[:5])}")
    baseline = work.session.baseline
    before = None if baseline is None else baseline.files
    commits = [empty_tree(structure) if before is None else begun_change(structure, before)]
    parent = None if baseline is None else baseline.published.commit
    repository = work.session.repository
    (commit,) = await write_history(repository, commits, branch=BRANCH, parent=parent)
    return {CODE: commit}
