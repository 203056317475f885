"""Puts the packs' files and the versions of dependencies into a structure, in stages 4 and 5."""

from codegen.scaffolds.dependencies import names_to_look_up, settle, tidy
from codegen.scaffolds.serving import is_scaffold, packages_for, with_scaffold
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import FileStructure, Module, StructuralIssue
from prompts.contexts import ServedFile, ServedFiles
from providers.package_index.indexes import PackageIndexes
from tasks.engine.stage_work import StageWork

_NOTHING = (Module(name="nothing", purpose="Nothing is planned yet."),)


async def settle_dependencies(
    work: StageWork, spec: CleanSpec, structure: FileStructure
) -> tuple[FileStructure, tuple[StructuralIssue, ...]]:
    """Spell dependencies canonically, give them their versions, and add what the packs need.

    The package indexes are asked for those alone that the shipped table does not know.

    Returns:
        The structure without dependencies that cannot be, and what is wrong with those.
    """
    legal = tidy(structure.dependencies)
    plain = structure.model_copy(update={"dependencies": legal.dependencies})
    tidied = tidy(structure.dependencies, packages_for(spec, plain))
    listings = await PackageIndexes(work.session.store).look_up(
        names_to_look_up(tidied.dependencies)
    )
    settled = settle(tidied, listings)
    notes = tuple(dict.fromkeys((*structure.notes, *settled.notes)))
    update = {"dependencies": settled.dependencies, "notes": notes}
    return structure.model_copy(update=update), settled.issues


def served_files(spec: CleanSpec) -> ServedFiles:
    """What the packs of a product serve before anything is planned."""
    structure = with_scaffold(spec, FileStructure(modules=_NOTHING))
    return ServedFiles(
        files=tuple(
            ServedFile(path=file.path, purpose=file.purpose)
            for module in structure.modules
            if is_scaffold(module)
            for file in module.files
        )
    )
