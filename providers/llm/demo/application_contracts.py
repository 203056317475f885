"""Contracts of the application as a whole, and of how it is delivered."""

from core.artifacts.structure import FileContract, FileStructure, Import
from providers.llm.demo import paths
from providers.llm.demo.exports import constant, function


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
            packages=("fastapi", "sqlalchemy"),
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
            packages=("fastapi", "pytest"),
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
            packages=("fastapi",),
            purpose="Tests the service as a whole: front page, health, description.",
            language="python",
            requirements=requirements,
        ),
    ]


def delivery(requirements: tuple[str, ...], entities: tuple[str, ...]) -> list[FileContract]:
    """How the application is explained; its manifest and image come from templates."""
    return [
        FileContract(
            path=paths.README,
            purpose="Says what it is, and how to set it up, run it and test it.",
            language="markdown",
            requirements=requirements,
            entities=entities,
        ),
    ]
