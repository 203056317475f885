"""How much of a product a change concerns, as far as it can be told before anything is asked."""

from codegen.change.file_choice import speaks_of_product
from codegen.change.items import (
    ENTITY,
    FEATURE,
    general_changes,
    is_made_otherwise,
    item_changes,
    product_items,
)
from codegen.change.reach import unknown_reach
from codegen.change.specifying import Specifying
from core.artifacts.base import Part
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.specs import CleanSpec, RefinedSpec
from core.artifacts.structure import FileContract, ValidatedStructure
from core.expectations import ProductSize
from core.layout import SPECS, SPECS_CLEAN, SPECS_REFINED, VALIDATED_STRUCTURE, build_prefix
from core.options import AUTO_BASELINE, NO_BASELINE
from providers.storage.artifact_store import ArtifactStore
from tasks.engine.preparation import PreparedBuild


class ChangeEstimate(Part):
    """What a change concerns.

    Attributes:
        baseline: id of the build that is changed.
        general: answers about the product as a whole that are different.
        unknown: what else is different and concerns nobody knows what; all is asked then.
        size: how much is asked again, new files by guess; all of it where that cannot be told.
        files: how many files models wrote of the build before.
    """

    baseline: str
    general: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    size: ProductSize
    files: int

    @property
    def note(self) -> str:
        """It in a sentence."""
        told = ", ".join(name.replace("_", " ") for name in (*self.unknown, *self.general))
        if self.unknown or is_made_otherwise(self.general):
            return (
                f"It changes the build {self.baseline}, and in {told}, of which cannot be told "
                "what it concerns: all is asked as for a new product."
            )
        if self.general:
            return (
                f"It changes the build {self.baseline}, and in {told}: the models say which "
                f"requirements that concerns. About {self.size.files:.0f} of {self.files} files "
                "are written again if that is none, and all of them at the most."
            )
        kept = max(self.files - round(self.size.files), 0)
        return (
            f"It changes the build {self.baseline}: about {self.size.files:.0f} files are written "
            f"or written again, and {kept} of {self.files} stay as they are."
        )


async def change_estimate(store: ArtifactStore, prepared: PreparedBuild) -> ChangeEstimate | None:
    """What a build changes of another one; `None` where it begins from nothing.

    Raises:
        StorageError: the store failed, or that build is not whole any more.
    """
    baseline = prepared.options.baseline
    if baseline in {AUTO_BASELINE, NO_BASELINE}:
        return None
    prefix = build_prefix(baseline)
    before = await store.read_artifact(prefix + SPECS, Questionnaire)
    spec = await store.read_artifact(prefix + SPECS_CLEAN, CleanSpec)
    structure = await store.read_artifact(prefix + VALIDATED_STRUCTURE, ValidatedStructure)
    files = [file for file in structure.files if _is_written(file)]
    refined = await store.read_artifact(prefix + SPECS_REFINED, RefinedSpec)
    general = general_changes(before, prepared.questionnaire)
    unknown = unknown_reach(before, prepared.questionnaire, refined, spec)
    if unknown or is_made_otherwise(general):
        size = ProductSize(
            entities=len(spec.entities),
            modules=len(structure.modules),
            files=len(files),
        )
    else:
        size = _size(before, prepared.questionnaire, spec, structure, files)
    return ChangeEstimate(
        baseline=baseline, general=general, unknown=unknown, size=size, files=len(files)
    )


def _size(
    before: Questionnaire,
    after: Questionnaire,
    spec: CleanSpec,
    structure: ValidatedStructure,
    files: list[FileContract],
) -> ProductSize:
    changing = Specifying(_refined(before), _refined(after), spec)
    names = changing.changed | changing.gone
    concerned = {file.path for file in files if names & {*file.requirements, *file.entities}}
    concerned |= {test.path for test in structure.tests if test.requirement in names}
    if general_changes(before, after):
        concerned |= {file.path for file in files if speaks_of_product(file, "", spec)}
    modules = [
        module
        for module in structure.modules
        if names & {*module.requirements, *module.entities}
        or any(file.path in concerned for file in module.files)
    ]
    items = item_changes(product_items(before), product_items(after))
    new = [item.item for item in items if item.how == "added"]
    came = [name for name in new if name.startswith((FEATURE, ENTITY))]
    # What is new likely takes what a requirement took so far.
    share = len(came) / max(len(spec.requirements), 1)
    named = sum(len(file.requirements) for file in files)
    return ProductSize(
        entities=len([name for name in names if not name.startswith("FR-")]) + len(came),
        modules=len(modules) + len(came),
        files=len(concerned) + share * named,
        is_planned=not came,
    )


def _refined(asked: Questionnaire) -> RefinedSpec:
    """What is asked for, by the names that the refined spec has too."""
    return RefinedSpec.model_validate(asked.model_dump(include={*RefinedSpec.model_fields}))


def _is_written(file: FileContract) -> bool:
    """Whether a model writes a file: neither a template's nor an empty mark of a package."""
    if file.template:
        return False
    return bool(file.exports or file.imports) or not file.path.endswith("__init__.py")
