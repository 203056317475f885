"""Where the files of the generated application are."""

from providers.llm.demo.names import module_name

SETTINGS = "app/settings.py"
DATABASE = "app/database.py"
FIELDS = "app/fields.py"
LINKS = "app/links.py"
LISTING = "app/listing.py"
RECORDS = "app/records.py"
MAIN = "app/main.py"
FRONT_PAGE = "app/static/index.html"
CONFTEST = "tests/conftest.py"
SERVICE_TESTS = "tests/test_service.py"
README = "README.md"

ROUTERS = "app/routers/"
MODELS = "app/models/"
SCHEMAS = "app/schemas/"
FACTORIES = "tests/factories/"
ENTITY_TESTS = "tests/api/"

PACKAGES = {
    "app/__init__.py": "The application.",
    "app/models/__init__.py": "How records are stored, one kind a module.",
    "app/schemas/__init__.py": "What the HTTP interface takes and gives, one kind a module.",
    "app/routers/__init__.py": "The HTTP interface, one kind of record a module.",
    "tests/__init__.py": "Tests of the application.",
    "tests/factories/__init__.py": "Makes records for tests, one kind a module.",
    "tests/api/__init__.py": "Tests of the HTTP interface, one kind of record a module.",
}
"""Packages, with what they hold."""


def model_path(entity: str) -> str:
    """File that says how an entity is stored."""
    return f"{MODELS}{module_name(entity)}.py"


def schema_path(entity: str) -> str:
    """File that says what the interface takes and gives for an entity."""
    return f"{SCHEMAS}{module_name(entity)}.py"


def router_path(entity: str) -> str:
    """File with an entity's endpoints."""
    return f"{ROUTERS}{module_name(entity)}.py"


def factory_path(entity: str) -> str:
    """File that makes records of an entity for tests."""
    return f"{FACTORIES}{module_name(entity)}.py"


def entity_tests_path(entity: str) -> str:
    """File with the tests about an entity."""
    return f"{ENTITY_TESTS}test_{module_name(entity)}.py"
