"""Contracts of the files about one kind of record."""

from collections.abc import Sequence

from core.artifacts.specs import Requirement
from core.artifacts.structure import FileContract, Import
from providers.llm.demo import paths
from providers.llm.demo.code_names import FactoryNames
from providers.llm.demo.entity_view import EntityView
from providers.llm.demo.exports import class_, constant, function
from providers.llm.demo.field_types import code_of

_MAKE = (
    "(client: TestClient, number: int = 1, changes: dict[str, Any] | None = None) -> dict[str, Any]"
)


def entity_files(view: EntityView, requirements: tuple[str, ...]) -> list[FileContract]:
    """Storage, interface and test factory of one kind of record.

    The interface alone carries requirements out; the others hold its data, whatever is asked of it.
    """
    serving = _router(view).model_copy(update={"requirements": requirements})
    drafts = [_model(view), _schema(view), serving, _factory(view)]
    about = {"language": "python", "entities": (view.entity,)}
    return [draft.model_copy(update=about) for draft in drafts]


def _model(view: EntityView) -> FileContract:
    imports = [Import(path=paths.DATABASE, symbols=("Record",))]
    if view.many_references:
        imports.append(Import(path=paths.LINKS, symbols=("Link", "linked_ids", "relink")))
    return FileContract(
        path=paths.model_path(view.entity),
        packages=("sqlalchemy",),
        purpose=f"How {view.many} are stored.",
        exports=(
            *(class_(item.link, "Link") for item in view.many_references),
            class_(view.record, "Record"),
        ),
        imports=tuple(imports),
    )


def shared_types(view: EntityView) -> tuple[str, ...]:
    """Types of `app/fields.py` that an entity's interface uses."""
    codes = (code_of(field) for field in view.fields)
    names = [code.accepted for code in codes if code.shared]
    return tuple(sorted({*names, *(["RecordId"] if view.references else [])}))


def _schema(view: EntityView) -> FileContract:
    types = shared_types(view)
    fields = [Import(path=paths.FIELDS, symbols=types)] if types else []
    return FileContract(
        path=paths.schema_path(view.entity),
        packages=("fastapi",),
        purpose=f"What the HTTP interface takes and gives for {view.many}.",
        exports=(
            class_(view.write, view.fields_class),
            class_(view.read, view.fields_class),
            class_(view.filters, "ListOptions"),
        ),
        imports=(*fields, Import(path=paths.LISTING, symbols=("ListOptions",))),
    )


def _router(view: EntityView) -> FileContract:
    links = [Import(path=paths.LINKS, symbols=("linked",))] if view.many_references else []
    return FileContract(
        path=paths.router_path(view.entity),
        packages=("fastapi",),
        purpose=f"Endpoints to list, create, read, replace and delete {view.many}.",
        exports=(constant("router"),),
        endpoints=view.endpoints,
        imports=(
            Import(path=paths.DATABASE, symbols=("DatabaseSession",)),
            Import(path=paths.FIELDS, symbols=("RecordId",)),
            *links,
            Import(path=paths.LISTING, symbols=("Page", "matching", "page_of")),
            Import(path=paths.model_path(view.entity), symbols=(view.record,)),
            Import(path=paths.RECORDS, symbols=("find", "remove", "save")),
            Import(
                path=paths.schema_path(view.entity), symbols=(view.filters, view.read, view.write)
            ),
        ),
    )


def _factory(view: EntityView) -> FileContract:
    return FileContract(
        path=paths.factory_path(view.entity),
        packages=("fastapi",),
        purpose=f"Makes {view.many} for tests.",
        exports=(
            constant(view.path_constant),
            function(
                view.values,
                f"{view.values}(client: TestClient, number: int = 1) -> dict[str, Any]",
            ),
            function(view.make, f"{view.make}{_MAKE}"),
            function(view.shared, f"{view.shared}(client: TestClient) -> dict[str, Any]"),
        ),
        imports=tuple(
            Import(path=paths.factory_path(target), symbols=names)
            for target, names in view.suppliers.items()
        ),
    )


def entity_tests_file(view: EntityView, requirements: Sequence[Requirement]) -> FileContract:
    """The file with the tests about one kind of record.

    Args:
        view: the entity.
        requirements: those its tests show.
    """
    others = {item.relation.target for item in view.references}
    others |= {name for item in requirements for name in item.entities}
    return FileContract(
        path=paths.entity_tests_path(view.entity),
        packages=("fastapi",),
        purpose=f"Tests the HTTP interface of {view.many}.",
        language="python",
        imports=tuple(
            Import(path=paths.factory_path(name), symbols=_used(name, own=name == view.entity))
            for name in sorted({view.entity, *others})
        ),
        requirements=tuple(item.id for item in requirements),
        entities=(view.entity,),
    )


def _used(entity: str, *, own: bool) -> tuple[str, ...]:
    names = FactoryNames(entity)
    return names.symbols if own else (names.path_constant, names.make)
