"""The product that is changed, and the changes."""

from core.artifacts.questionnaire import Entity, EntityField, Feature, FieldType, Questionnaire

PROJECT = Entity(
    name="Project",
    description="Something the team works towards.",
    fields=(
        EntityField(name="title", required=True),
        EntityField(name="goal", type=FieldType.TEXT, description="How one can tell it is done."),
    ),
)
TASK = Entity(
    name="Task",
    description="One thing to do.",
    fields=(
        EntityField(name="title", required=True),
        EntityField(name="due date", type=FieldType.DATE, description="When it must be done."),
        EntityField(name="project", type=FieldType.REFERENCE, target="Project", required=True),
    ),
)
PLANS = Feature(title="Plans", description="The goal of each project can be read.")
NEXT = Feature(title="What comes next", description="Tasks are listed by due date.")
DONE = Feature(title="Finished projects", description="Projects that are done are listed apart.")
PRODUCT = Questionnaire(
    project_name="Task Tracker",
    summary="A small team keeps its projects and tasks in one place.",
    users=("Team member",),
    features=(PLANS, NEXT, DONE),
    entities=(PROJECT, TASK),
)


def with_features(*features: Feature) -> Questionnaire:
    """The product with other features."""
    return PRODUCT.model_copy(update={"features": features})


def with_entities(*entities: Entity) -> Questionnaire:
    """The product with other entities."""
    return PRODUCT.model_copy(update={"entities": entities})


def renamed(entity: Entity, old: str, new: str) -> Entity:
    """An entity with a field under another name."""
    fields = tuple(
        field.model_copy(update={"name": new}) if field.name == old else field
        for field in entity.fields
    )
    return entity.model_copy(update={"fields": fields})
