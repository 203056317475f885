"""A small product as each stage sees it, to be changed."""

from core.artifacts.questionnaire import Entity, EntityField, Feature, FieldType, Questionnaire
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
)

LEND = Feature(title="Lend a tool", description="Somebody takes a tool until a due date.")
SHOW = Feature(title="Show the shed", description="All tools are listed.")
TOOL = Entity(name="Tool", description="Can be lent.", fields=(EntityField(name="name"),))
LOAN = Entity(
    name="Loan",
    description="A tool that is out.",
    fields=(
        EntityField(name="due date", type=FieldType.DATE),
        EntityField(name="tool", type=FieldType.REFERENCE, target="Tool"),
    ),
)
ASKED = Questionnaire(
    project_name="Tool Shed",
    summary="Lends tools.",
    features=(LEND, SHOW),
    entities=(TOOL, LOAN),
)
REFINED = RefinedSpec(
    project_name="Tool Shed",
    summary="Lends tools.",
    features=(
        LEND.model_copy(update={"description": "Refined: lend."}),
        SHOW.model_copy(update={"description": "Refined: show."}),
    ),
    entities=(TOOL.model_copy(update={"description": "Refined tool."}), LOAN),
    assumptions=("Nobody signs in.",),
)
SPEC_TOOL = SpecEntity(
    name="Tool",
    description="Can be lent.",
    fields=(SpecField(name="name"),),
    sources=("entity: Tool",),
)
SPEC_LOAN = SpecEntity(
    name="Loan",
    description="A tool that is out.",
    fields=(SpecField(name="due_date", type=FieldType.DATE, description="When it is back."),),
    relations=(Relation(name="tool", target="Tool"),),
    sources=("entity: Loan",),
)
SPEC = CleanSpec(
    project_name="Tool Shed",
    slug="tool-shed",
    summary="Lends tools.",
    requirements=(
        Requirement(
            id="FR-1",
            title="Lend a tool",
            description="Until its due date.",
            entities=("Loan", "Tool"),
            sources=("feature: Lend a tool",),
        ),
        Requirement(
            id="FR-2",
            title="Show the shed",
            description="All tools.",
            entities=("Tool",),
            sources=("feature: Show the shed",),
        ),
        Requirement(
            id="FR-3",
            title="Keep loans",
            description="They are kept.",
            entities=("Loan",),
            sources=("entity: Loan",),
        ),
    ),
    entities=(SPEC_TOOL, SPEC_LOAN),
    assumptions=("Nobody signs in.",),
)
DOCS = """# Tool Shed

## Overview

Lends tools.

## Requirements

### FR-1: Lend a tool

Until its due date.

### FR-2: Show the shed

All tools.

### FR-3: Keep loans

They are kept.

## Entities

### Tool

Can be lent.

### Loan

A tool that is out.

## Interfaces

A page.

## Operations

Start it.
"""


def endpoint(method: str, path: str, entity: str, *requirements: str) -> Endpoint:
    """An operation, with a summary of its own."""
    return Endpoint.model_validate(
        {
            "method": method,
            "path": path,
            "summary": f"{method} {path}.",
            "entity": entity,
            "requirements": requirements,
        }
    )


STORED_TOOL = StoredEntity(**SPEC_TOOL.model_dump(exclude={"sources"}), table="tools")
STORED_LOAN = StoredEntity(**SPEC_LOAN.model_dump(exclude={"sources"}), table="loans")
SCHEMA = Schema(
    entities=(STORED_TOOL, STORED_LOAN),
    endpoints=(
        endpoint("GET", "/api/tools", "Tool", "FR-2"),
        endpoint("GET", "/api/loans", "Loan", "FR-1", "FR-3"),
        endpoint("POST", "/api/loans/{loan_id}/return", "Loan", "FR-1"),
    ),
)


def contract(path: str, *requirements: str, **more: object) -> FileContract:
    """A contract whose purpose tells its path."""
    return FileContract.model_validate(
        {"path": path, "purpose": f"Is {path}.", "requirements": requirements, **more}
    )


BASE = contract("app/base.py", exports=(Export(name="Base", kind="class"),))
TOOLS = contract(
    "app/tools.py",
    "FR-2",
    entities=("Tool",),
    endpoints=("GET /api/tools",),
    exports=(Export(name="router"),),
    imports=(Import(path="app/base.py", symbols=("Base",)),),
)
LOANS = contract(
    "app/loans.py",
    "FR-1",
    "FR-3",
    entities=("Loan",),
    endpoints=("GET /api/loans", "POST /api/loans/{loan_id}/return"),
    exports=(Export(name="router"),),
    imports=(Import(path="app/base.py", symbols=("Base",)),),
)
MAIN = contract(
    "app/main.py",
    imports=(
        Import(path="app/loans.py", symbols=("router",)),
        Import(path="app/tools.py", symbols=("router",)),
    ),
)
LOAN_TESTS = contract("tests/test_loans.py", "FR-1", "FR-3")
TOOL_TESTS = contract("tests/test_tools.py", "FR-2")
STRUCTURE = FileStructure(
    modules=(
        Module(name="base", purpose="Shared.", files=(BASE,)),
        Module(
            name="tools",
            purpose="Tools.",
            requirements=("FR-2",),
            entities=("Tool",),
            files=(TOOLS,),
        ),
        Module(
            name="loans",
            purpose="Loans.",
            requirements=("FR-1", "FR-3"),
            entities=("Loan",),
            files=(LOANS,),
        ),
        Module(name="application", purpose="The whole.", files=(MAIN,)),
        Module(
            name="tests",
            purpose="Tests.",
            requirements=("FR-1", "FR-2", "FR-3"),
            files=(LOAN_TESTS, TOOL_TESTS),
        ),
    ),
    dependencies=(Dependency(name="fastapi"),),
    tests=(
        PlannedTest(requirement="FR-1", path="tests/test_loans.py", case="test_lends"),
        PlannedTest(requirement="FR-3", path="tests/test_loans.py", case="test_keeps"),
        PlannedTest(requirement="FR-2", path="tests/test_tools.py", case="test_shows"),
    ),
)


def changed(spec: CleanSpec, number: str, **fields: object) -> CleanSpec:
    """A spec in which one requirement says something else."""
    return spec.model_copy(
        update={
            "requirements": tuple(
                item.model_copy(update=fields) if item.id == number else item
                for item in spec.requirements
            )
        }
    )


def without(spec: CleanSpec, number: str) -> CleanSpec:
    """A spec without one requirement."""
    kept = tuple(item for item in spec.requirements if item.id != number)
    return spec.model_copy(update={"requirements": kept, "removed_requirements": (number,)})
