"""Writes the source lines of an entity's classes: columns, fields, samples."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.artifacts.questionnaire import FieldType
from core.artifacts.specs import SpecField
from providers.llm.demo.entity_view import EntityView, Reference
from providers.llm.demo.field_types import code_of, is_filter, sample_of
from providers.llm.demo.literals import one_line, python_string
from providers.llm.demo.source_layout import bracketed, call, indented

_DESCRIPTION_LENGTH = 300


@dataclass(frozen=True)
class LinkCode:
    """A relation to many, in the source of the model and of the router."""

    human: str
    name: str
    table: str
    owner: str
    target: str
    attribute: str
    ids: str
    relationship: str
    relink: str


def columns_of(view: EntityView) -> list[str]:
    """Mapped attributes of an entity's record, a line or a laid-out group of lines each."""
    fields = [_column(field) for field in view.fields]
    return fields + [_foreign_key(item) for item in view.references if not item.many]


def _column(field: SpecField) -> str:
    code = code_of(field)
    optional = not field.required and field.type is not FieldType.BOOLEAN
    kind = f"{code.stored} | None" if optional else code.stored
    head = f"{field.name}: Mapped[{kind}]"
    return call(f"{head} = mapped_column", [code.column], 4) if code.column else head


def _foreign_key(item: Reference) -> str:
    kind = "int" if item.relation.required else "int | None"
    key = python_string(f"{item.target_table}.id")
    option = "unique=True" if item.relation.kind == "one_to_one" else "index=True"
    head = f"{item.attribute}: Mapped[{kind}] = mapped_column"
    return call(head, [f"ForeignKey({key})", option], 4)


def links_of(view: EntityView) -> list[LinkCode]:
    """The relations to many of an entity."""
    return [_link(view, item) for item in view.many_references]


def _link(view: EntityView, item: Reference) -> LinkCode:
    owner, target = (python_string(f"{table}.id") for table in (view.table, item.target_table))
    return LinkCode(
        human=item.human,
        name=item.link,
        table=f"{view.table}__{item.relation.name}",
        owner=_link_column("owner_id", [f"ForeignKey({owner})", "primary_key=True"]),
        target=_link_column(
            "target_id", [f"ForeignKey({target})", "primary_key=True", "index=True"]
        ),
        attribute=item.links,
        ids=item.attribute,
        relationship=call(
            bracketed(
                f"{item.links}: Mapped[",
                [f"list[{item.link}]"],
                "] = relationship",
                indent=5,
                comma=False,
            ),
            ['cascade="all, delete-orphan"', f"foreign_keys={item.link}.owner_id"],
            4,
        ),
        relink=call("relink", [f"self.{item.links}", item.link, "ids"], 8),
    )


def _link_column(name: str, arguments: Sequence[str]) -> str:
    head = f"{name}: Mapped[int] = mapped_column"
    return call(head, arguments, 4)


def aliases_of(view: EntityView) -> list[str]:
    """Definitions of the choices' types."""
    return [
        bracketed(
            f"{view.aliases[field.name]} = Literal[",
            [python_string(choice) for choice in field.choices],
            "]",
            comma=len(field.choices) > 1,
        )
        for field in view.fields
        if field.choices
    ]


def inputs_of(view: EntityView) -> list[str]:
    """Fields of what is sent in and out."""
    fields = [_input(field, accepted_type(view, field)) for field in view.fields]
    return fields + [_reference_input(item) for item in view.references]


def accepted_type(view: EntityView, field: SpecField) -> str:
    """Type of a field in the interface, when it has a value."""
    return view.aliases.get(field.name) or code_of(field).accepted


def _input(field: SpecField, kind: str) -> str:
    options: list[str] = []
    if field.type is FieldType.BOOLEAN and not field.required:
        options = ["default=False"]
    elif not field.required:
        kind, options = f"{kind} | None", ["default=None"]
    return _declared(field.name, kind, options, field.description, [])


def _reference_input(item: Reference) -> str:
    required = item.relation.required
    if item.many:
        kind = "list[RecordId]"
        options = ["min_length=1" if required else "default_factory=list", "max_length=1_000"]
    else:
        kind = "RecordId" if required else "RecordId | None"
        options = [] if required else ["default=None"]
    extra = bracketed(
        "json_schema_extra={",
        [f'"x-collection": {python_string(item.target_path)}'],
        "}",
        indent=9,
    )
    return _declared(item.attribute, kind, options, item.relation.description, [extra])


def _declared(name: str, kind: str, options: list[str], description: str, extra: list[str]) -> str:
    if text := one_line(description, _DESCRIPTION_LENGTH):
        options = [*options, f"description={python_string(text)}"]
    options = options + extra
    if not options:
        return f"{name}: {kind}"
    if len(options) == 1 and options[0].startswith("default="):
        return f"{name}: {kind} = {options[0].removeprefix('default=')}"
    return call(f"{name}: {kind} = Field", options, 4)


def narrowing_of(view: EntityView) -> list[str]:
    """Filters of an entity's list."""
    fields = [
        f"{field.name}: {accepted_type(view, field)} | None = None"
        for field in view.fields
        if is_filter(field)
    ]
    return fields + [
        f"{item.attribute}: {'list[RecordId]' if item.many else 'RecordId'} | None = None"
        for item in view.references
    ]


def sample_body(view: EntityView) -> str:
    """A complete body, in terms of `number` and `client`; only required references are in it."""
    items = [f"{python_string(field.name)}: {sample_of(field)}" for field in view.fields]
    items += [_sample_reference(item) for item in view.references if item.relation.required]
    return indented(bracketed("{", items, "}", indent=11), 4)


def _sample_reference(item: Reference) -> str:
    before, after = ("[", "]") if item.many else ("", "")
    head = f"{python_string(item.attribute)}: {before}{item.supplier}("
    return bracketed(head, ["client"], f')["id"]{after}', indent=9)
