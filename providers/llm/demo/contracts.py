"""Contracts of the files that every generated application has."""

from collections.abc import Sequence

from core.artifacts.questionnaire import FieldType
from core.artifacts.specs import SpecEntity
from core.artifacts.structure import Export, FileContract, FileStructure, Import
from providers.llm.demo import paths
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


def function(name: str, signature: str) -> Export:
    """An exported function; the signature is what stands between `def` and the colon."""
    return Export(name=name, kind="function", signature=f"def {signature}")


def class_(name: str, base: str = "") -> Export:
    """An exported class."""
    return Export(name=name, kind="class", signature=f"class {name}({base})" if base else "")


def constant(name: str) -> Export:
    """An exported constant or instance."""
    return Export(name=name, kind="constant", signature=f"{name} = ")


def type_(name: str) -> Export:
    """An exported type alias."""
    return Export(name=name, kind="type", signature=f"{name} = ")


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


def application(plan: FileStructure, requirements: tuple[str, ...]) -> list[FileContract]:
    """The application as a whole, from the routers planned before."""
    routers = tuple(
        Import(path=file.path, symbols=("router",))
        for file in plan.files
        if file.path.startswith(paths.ROUTERS) and any(e.name == "router" for e in file.exports)
    )
    return [
        FileContract(
            path=paths.FRONT_PAGE,
            purpose="The front page: shows, edits and deletes the records that the API serves.",
            language="html",
            requirements=requirements,
        ),
        FileContract(
            path=paths.MAIN,
            purpose="Puts the application together.",
            language="python",
            exports=(
                function("create_app", "create_app(settings: Settings | None = None) -> FastAPI"),
                constant("app"),
            ),
            imports=(
                Import(path=paths.DATABASE, symbols=("DatabaseSession", "open_database")),
                *routers,
                Import(path=paths.SETTINGS, symbols=("Settings",)),
            ),
            requirements=requirements,
        ),
        FileContract(
            path=paths.CONFTEST,
            purpose="Gives each test the application on an empty database of its own.",
            language="python",
            exports=(function("client", "client(tmp_path: Path) -> Iterator[TestClient]"),),
            imports=(
                Import(path=paths.MAIN, symbols=("create_app",)),
                Import(path=paths.SETTINGS, symbols=("Settings",)),
            ),
        ),
        FileContract(
            path=paths.SERVICE_TESTS,
            purpose="Tests the service as a whole: front page, health, description.",
            language="python",
            requirements=requirements,
        ),
    ]


def delivery(requirements: tuple[str, ...], entities: tuple[str, ...]) -> list[FileContract]:
    """How the application is installed, run and explained."""
    return [
        FileContract(
            path=paths.PYPROJECT,
            purpose="Names the package, its dependencies and its tools' settings.",
            language="toml",
        ),
        FileContract(
            path=paths.README,
            purpose="Says what it is, and how to set it up, run it and test it.",
            language="markdown",
            requirements=requirements,
            entities=entities,
        ),
        FileContract(
            path=paths.DOCKERFILE,
            purpose="Builds an image that runs the application without privileges.",
            language="dockerfile",
        ),
        FileContract(
            path=paths.DOCKERIGNORE, purpose="Keeps local files out of the image.", language="text"
        ),
        FileContract(
            path=paths.GITIGNORE, purpose="Keeps local files out of Git.", language="text"
        ),
    ]
