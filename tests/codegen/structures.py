"""A small structure that fits together, for tests to break."""

from core.artifacts.schema import Endpoint, Schema, StoredEntity
from core.artifacts.specs import CleanSpec, Relation, Requirement, SpecEntity, SpecField
from core.artifacts.structure import (
    Export,
    FileContract,
    FileStructure,
    Import,
    Module,
    PlannedTest,
)

FIELDS = (SpecField(name="title", required=True),)
IN_PROJECT = Relation(name="project", target="Project")

SPEC = CleanSpec(
    project_name="Task Tracker",
    slug="task-tracker",
    summary="Keeps tasks.",
    requirements=(
        Requirement(id="FR-1", title="Keep tasks", entities=("Task",), description="In full."),
        Requirement(id="FR-2", title="Keep projects", entities=("Project",)),
    ),
    entities=(
        SpecEntity(name="Task", fields=FIELDS, relations=(IN_PROJECT,)),
        SpecEntity(name="Project", fields=FIELDS),
    ),
)

SCHEMA = Schema(
    entities=(
        StoredEntity(name="Task", table="tasks", fields=FIELDS, relations=(IN_PROJECT,)),
        StoredEntity(name="Project", table="projects", fields=FIELDS),
    ),
    endpoints=(
        Endpoint(method="GET", path="/api/tasks", entity="Task", requirements=("FR-1",)),
        Endpoint(method="GET", path="/api/projects", entity="Project", requirements=("FR-2",)),
    ),
)

MODELS = FileContract(
    path="app/models.py",
    purpose="Tables.",
    language="python",
    exports=(Export(name="Task", kind="class"), Export(name="Project", kind="class")),
    entities=("Task", "Project"),
    requirements=("FR-1", "FR-2"),
    endpoints=("GET /api/tasks", "GET /api/projects"),
)
TESTS = FileContract(
    path="tests/test_tasks.py",
    purpose="Tests.",
    language="python",
    imports=(Import(path="app/models.py", symbols=("Task",)),),
    requirements=("FR-1", "FR-2"),
)
PLANNED = (
    PlannedTest(requirement="FR-1", path="tests/test_tasks.py", case="test_keeps_tasks"),
    PlannedTest(requirement="FR-2", path="tests/test_tasks.py", case="test_keeps_projects"),
)
MODULE = Module(
    name="core",
    purpose="All.",
    requirements=("FR-1", "FR-2"),
    entities=("Task", "Project"),
    files=(MODELS, TESTS),
)
STRUCTURE = FileStructure(modules=(MODULE,), tests=PLANNED)
