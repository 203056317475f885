"""Contracts of the files that all kinds of records share."""

from collections.abc import Sequence

from core.artifacts.questionnaire import FieldType
from core.artifacts.specs import SpecEntity
from core.artifacts.structure import FileContract, Import
from providers.llm.demo import paths
from providers.llm.demo.exports import class_, function, type_
from providers.llm.demo.names import is_many

_TYPES = {
    FieldType.STRING: "ShortText",
    FieldType.TEXT: "LongText",
    FieldType.INTEGER: "WholeNumber",
    FieldType.NUMBER: "Number",
    FieldType.DATETIME: "Moment",
    FieldType.EMAIL: "Email",
    FieldType.URL: "WebAddress",
}


def foundation(entities: Sequence[SpecEntity]) -> list[FileContract]:
    """Files that all kinds of records share; without entities there are fewer."""
    files = [
        *(
            FileContract(path=path, purpose=purpose, language="python")
            for path, purpose in paths.PACKAGES.items()
            if entities or path.count("/") == 1
        ),
        _settings(),
        _database(),
    ]
    if entities:
        files += [_fields(entities), _listing(), _records()]
    if any(is_many(relation) for entity in entities for relation in entity.relations):
        files.append(_links())
    return files


def _settings() -> FileContract:
    return FileContract(
        path=paths.SETTINGS,
        purpose="Settings, read from the environment.",
        language="python",
        exports=(class_("Settings"),),
    )


def _database() -> FileContract:
    return FileContract(
        path=paths.DATABASE,
        packages=("fastapi", "sqlalchemy"),
        purpose="The base of all tables, the database's engine, a session for each request.",
        language="python",
        exports=(
            class_("Base", "DeclarativeBase"),
            class_("Record", "Base"),
            function("open_database", "open_database(url: str) -> Engine"),
            type_("DatabaseSession"),
        ),
    )


def _fields(entities: Sequence[SpecEntity]) -> FileContract:
    kinds = {field.type for entity in entities for field in entity.fields}
    return FileContract(
        path=paths.FIELDS,
        packages=("fastapi",),
        purpose="Types of fields, and what they accept.",
        language="python",
        exports=(
            type_("RecordId"),
            *(type_(name) for kind, name in _TYPES.items() if kind in kinds),
        ),
    )


def _listing() -> FileContract:
    return FileContract(
        path=paths.LISTING,
        packages=("fastapi", "sqlalchemy"),
        purpose="Lists of records: filtered, searched, sorted, read page by page.",
        language="python",
        exports=(
            class_("ListOptions", "BaseModel"),
            class_("Page", "BaseModel, Generic[ItemT]"),
            function(
                "matching",
                "matching(record_type: type[RecordT], asked: ListOptions) "
                "-> Select[tuple[RecordT]]",
            ),
            function(
                "page_of",
                "page_of(session: Session, query: Select[tuple[RecordT]], asked: ListOptions, "
                "item_type: type[ItemT]) -> Page[ItemT]",
            ),
        ),
        imports=(Import(path=paths.DATABASE, symbols=("Record",)),),
    )


def _records() -> FileContract:
    return FileContract(
        path=paths.RECORDS,
        packages=("fastapi", "sqlalchemy"),
        purpose="Finds, saves and removes records, or answers why it cannot be done.",
        language="python",
        exports=(
            function(
                "find",
                "find(session: Session, record_type: type[RecordT], record_id: int) -> RecordT",
            ),
            function("save", "save(session: Session, record: Record) -> None"),
            function("remove", "remove(session: Session, record: Record) -> None"),
        ),
        imports=(Import(path=paths.DATABASE, symbols=("Base", "Record")),),
    )


def _links() -> FileContract:
    return FileContract(
        path=paths.LINKS,
        packages=("sqlalchemy",),
        purpose="Links between records, where one record points to any number of others.",
        language="python",
        exports=(
            class_("Link", "Base"),
            function("linked_ids", "linked_ids(links: Iterable[Link]) -> list[int]"),
            function(
                "relink",
                "relink(links: list[LinkT], link_type: type[LinkT], ids: Iterable[int]) -> None",
            ),
            function(
                "linked",
                "linked(query: QueryT, links: InstrumentedAttribute[list[LinkT]], "
                "ids: list[int] | None) -> QueryT",
            ),
        ),
        imports=(Import(path=paths.DATABASE, symbols=("Base",)),),
    )
