"""A realistic project, and a context of every type made from it."""

from collections.abc import Mapping

import pytest

from core.artifacts.change import Change, ItemChange
from core.artifacts.questionnaire import Entity, EntityField, Feature, Questionnaire
from core.artifacts.schema import Endpoint, Schema, StoredEntity
from core.artifacts.specs import (
    CleanSpec,
    RefinedSpec,
    Relation,
    Requirement,
    SpecEntity,
    SpecField,
)
from core.artifacts.structure import (
    Dependency,
    Export,
    FileContract,
    FileStructure,
    Import,
    Module,
    PlannedTest,
    StructuralIssue,
    StructuralIssues,
)
from prompts import change_contexts, contexts

NAME = "Task Tracker"
SUMMARY = "A small team keeps its projects and tasks in one place and sees what is due."


def questionnaire() -> Questionnaire:
    """What a person fills in."""
    project = Entity(name="Project", fields=(EntityField(name="name", required=True),))
    task = Entity(
        name="Task",
        description="One thing to do.",
        fields=(
            EntityField(name="title", required=True),
            EntityField.model_validate(
                {"name": "state", "type": "choice", "choices": ["open", "done"]}
            ),
            EntityField.model_validate({"name": "due date", "type": "date"}),
            EntityField.model_validate(
                {"name": "project", "type": "reference", "target": "Project", "required": True}
            ),
        ),
    )
    return Questionnaire(
        project_name=NAME,
        summary=SUMMARY,
        users=("Team member", "Team lead"),
        features=(
            Feature(title="Manage tasks", description="Add, change and finish tasks."),
            Feature(title="What is due", description="Show open tasks by due date."),
        ),
        entities=(project, task),
        constraints=("Works on a phone",),
        non_goals=("Time tracking",),
    )


def refined_spec() -> RefinedSpec:
    """The questionnaire with an assumption."""
    asked = questionnaire()
    return RefinedSpec(
        project_name=asked.project_name,
        summary=asked.summary,
        users=asked.users,
        features=asked.features,
        entities=asked.entities,
        constraints=asked.constraints,
        non_goals=asked.non_goals,
        assumptions=("Everyone may change every task.",),
    )


def clean_spec() -> CleanSpec:
    """Two requirements, two entities."""
    return CleanSpec(
        project_name=NAME,
        slug="task-tracker",
        summary=SUMMARY,
        users=("Team member", "Team lead"),
        requirements=(
            Requirement(
                id="FR-1",
                title="Manage tasks",
                description="Tasks are listed, created, read, changed and deleted.",
                acceptance_criteria=("A task without a title is refused with 422.",),
                entities=("Task", "Project"),
            ),
            Requirement(
                id="FR-2",
                title="See what is due",
                description="Open tasks are listed by due date, the earliest first.",
                acceptance_criteria=("Tasks that are done are not listed.",),
                entities=("Task",),
            ),
        ),
        entities=tuple(
            SpecEntity(
                name=entity.name,
                description=entity.description,
                fields=entity.fields,
                relations=entity.relations,
            )
            for entity in schema().entities
        ),
        constraints=("Works on a phone",),
    )


def schema() -> Schema:
    """How the two entities are stored and served."""
    project = StoredEntity(
        name="Project", table="projects", fields=(SpecField(name="name", required=True),)
    )
    task = StoredEntity(
        name="Task",
        description="One thing to do.",
        table="tasks",
        fields=(
            SpecField(name="title", required=True),
            SpecField.model_validate(
                {"name": "state", "type": "choice", "choices": ["open", "done"]}
            ),
            SpecField.model_validate({"name": "due_date", "type": "date"}),
        ),
        relations=(Relation(name="project", target="Project", required=True),),
    )
    served = (
        ("GET", "/api/tasks", "List tasks; filters: project_id, state."),
        ("POST", "/api/tasks", "Create a task."),
        ("GET", "/api/tasks/{task_id}", "Read a task."),
        ("PUT", "/api/tasks/{task_id}", "Change a task."),
        ("DELETE", "/api/tasks/{task_id}", "Delete a task."),
    )
    endpoints = tuple(
        Endpoint.model_validate(
            {
                "method": method,
                "path": path,
                "summary": summary,
                "entity": "Task",
                "requirements": ["FR-1"],
            }
        )
        for method, path, summary in served
    )
    return Schema(entities=(project, task), endpoints=endpoints)


def docs() -> str:
    """Documentation with a section for each requirement and entity."""
    spec = clean_spec()
    requirements = "\n\n".join(
        f"### {item.id}: {item.title}\n{item.description}" for item in spec.requirements
    )
    entities = "\n\n".join(f"### {item.name}\n{item.description}" for item in spec.entities)
    return (
        f"# {NAME}\n\n## Overview\n{SUMMARY}\n\n## Users\n- Team member\n- Team lead\n\n"
        f"## Requirements\n\n{requirements}\n\n## Entities\n\n{entities}\n"
    )


MODEL = FileContract(
    path="app/tasks/models.py",
    purpose="Table tasks as the SQLAlchemy model Task.",
    language="python",
    exports=(Export(name="Task", kind="class", signature="class Task(Base)"),),
    imports=(Import(path="app/database.py", symbols=("Base",)),),
    requirements=("FR-1",),
    entities=("Task",),
)
ROUTES = FileContract(
    path="app/tasks/routes.py",
    purpose="Serves /api/tasks with list, create, read, change and delete.",
    language="python",
    exports=(Export(name="router", kind="constant", signature="router: APIRouter"),),
    imports=(Import(path="app/tasks/models.py", symbols=("Task",)),),
    requirements=("FR-1", "FR-2"),
    entities=("Task", "Project"),
)
DATABASE = FileContract(
    path="app/database.py",
    purpose="Engine, session and declarative base.",
    language="python",
    exports=(Export(name="Base", kind="class", signature="class Base(DeclarativeBase)"),),
)
TESTS = contexts.ModuleTests(
    tests=(
        PlannedTest(
            requirement="FR-1",
            path="tests/test_tasks.py",
            case="test_refuses_a_task_without_a_title",
        ),
    )
)
DEPENDENCIES = (
    Dependency(name="fastapi", reason="HTTP interface."),
    Dependency(name="sqlalchemy", reason="Database access."),
    Dependency(name="pytest", development=True, reason="Runs the tests."),
)
ISSUES = StructuralIssues.model_validate(
    {
        "issues": [
            StructuralIssue.model_validate(
                {
                    "id": "SI-1",
                    "severity": "warning",
                    "place": "FR-2",
                    "message": "No endpoint lists tasks by due date.",
                    "suggestion": "Let GET /api/tasks order by due_date.",
                }
            )
        ]
    }
)


CHANGE = Change(
    items=(
        ItemChange(
            item="feature: What is due",
            how="changed",
            before='{"title":"What is due"}',
            after='{"title":"What is due","priority":"could"}',
        ),
    ),
    asked=("feature: What is due",),
)


def _every_context() -> tuple[contexts.PromptContext, ...]:
    foundation = Module(name="foundation", purpose="Database access.", files=(DATABASE,))
    tasks = Module(
        name="tasks",
        purpose="Model and routes of tasks.",
        requirements=("FR-1", "FR-2"),
        entities=("Task", "Project"),
    )
    project = contexts.ProjectFacts(
        name=NAME,
        slug="task-tracker",
        summary=SUMMARY,
        stack=clean_spec().stack,
        dependencies=DEPENDENCIES,
    )
    sources = contexts.SourceFiles(
        files=(
            contexts.SourceFile(
                path="app/tasks/models.py", content='"""Tasks."""\n\n\nclass Task:\n    pass\n'
            ),
        )
    )
    shared = {"docs": docs(), "schema_": schema(), "issues": ISSUES}
    previous = {**shared, "change": CHANGE}
    plan = FileStructure(modules=(foundation, tasks), dependencies=DEPENDENCIES)
    return (
        change_contexts.ClarifierChangeContext(
            questionnaire=questionnaire(), previous=refined_spec(), change=CHANGE
        ),
        change_contexts.NormalizerChangeContext(
            specs=refined_spec(), previous=clean_spec(), change=CHANGE
        ),
        change_contexts.DocsChangeContext(specs=clean_spec(), previous=docs(), change=CHANGE),
        change_contexts.SchemaChangeContext(
            specs=clean_spec(),
            docs=docs(),
            asked=contexts.EntityNames(names=("Task",)),
            previous=schema(),
            change=CHANGE,
        ),
        change_contexts.IssuesChangeContext(
            docs=docs(), schema_=schema(), previous=ISSUES, change=CHANGE
        ),
        change_contexts.PlanChangeContext.model_validate(
            {"specs": clean_spec(), **previous, "previous": plan}
        ),
        change_contexts.FilesChangeContext.model_validate(
            {"specs": clean_spec(), **previous, "plan": plan, "module": tasks}
        ),
        change_contexts.CoderChangeContext(
            project=project,
            file=ROUTES,
            brief="Purpose\nServes the tasks.\n",
            schema_=schema(),
            sources=sources,
            tests=contexts.ModuleTests(),
            previous=contexts.SourceFile(path=ROUTES.path, content="router = None\n"),
        ),
        contexts.ClarifierContext(questionnaire=questionnaire()),
        contexts.NormalizerContext(specs=refined_spec()),
        contexts.DocsCreatorContext(specs=clean_spec()),
        contexts.SchemaGeneratorContext(
            specs=clean_spec(), docs=docs(), asked=contexts.EntityNames(names=("Task",))
        ),
        contexts.StructuralValidatorContext(docs=docs(), schema_=schema()),
        contexts.ModulePlanContext.model_validate({"specs": clean_spec(), **shared}),
        contexts.ModuleFilesContext.model_validate(
            {
                "specs": clean_spec(),
                **shared,
                "plan": FileStructure(modules=(foundation, tasks), dependencies=DEPENDENCIES),
                "module": tasks,
            }
        ),
        contexts.ValidatorContext.model_validate(
            {
                **shared,
                "others": contexts.FileIndex(files=(DATABASE,), dependencies=DEPENDENCIES),
                "module": tasks.model_copy(update={"files": (MODEL, ROUTES)}),
                "tests": TESTS,
            }
        ),
        contexts.PromptBuilderContext(
            project=project,
            file=ROUTES,
            docs=docs(),
            schema_=schema(),
            neighbours=contexts.FileIndex(files=(MODEL,)),
            tests=contexts.ModuleTests(),
        ),
        contexts.CoderContext(
            project=project,
            file=ROUTES,
            brief="Purpose\nServes the tasks.\n",
            schema_=schema(),
            sources=sources,
            tests=contexts.ModuleTests(),
        ),
        contexts.DebuggerContext(
            project=project,
            failure="tests/test_tasks.py:9: AssertionError: assert 200 == 422",
            files=sources,
            tests=TESTS,
            tried=contexts.Attempts(
                attempts=(contexts.Attempt(edit="Checked the title.", outcome="1 failed"),)
            ),
        ),
    )


@pytest.fixture(scope="session")
def samples() -> Mapping[type[contexts.PromptContext], contexts.PromptContext]:
    """One realistic context of each type."""
    return {type(context): context for context in _every_context()}
