"""The templates: nothing forgotten, nothing made up, and every example is a valid answer."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

import pytest
from jinja2 import DictLoader, PackageLoader, nodes
from pydantic import BaseModel

from codegen.code_blocks import code_blocks
from codegen.contracts import check_module_files, check_plan
from codegen.edits.applying import apply_edits
from codegen.edits.edit import Replacement
from codegen.edits.reading import read_edits
from codegen.excerpts import docs_excerpt
from codegen.extraction import extract_file
from codegen.gate import check_source
from codegen.paths import MAX_DEPTH, MAX_PATH_CHARACTERS, check_path
from core.artifacts.answers import ModuleFiles, ModulePlan
from core.artifacts.fixes import Guidance
from core.artifacts.questionnaire import Stack
from core.artifacts.schema import Endpoint, Schema, StoredEntity
from core.artifacts.specs import CleanSpec, Requirement, SpecEntity
from core.artifacts.structure import Dependency, Export, FileContract, FileStructure, Module
from core.fence import read_fenced
from core.stages import load_stage_table, read_stage_rows
from prompts.change_contexts import (
    ClarifierChangeContext,
    FilesChangeContext,
    IssuesChangeContext,
    NormalizerChangeContext,
    SchemaChangeContext,
)
from prompts.contexts import (
    ClarifierContext,
    CoderContext,
    DebuggerContext,
    DocsCreatorContext,
    ModuleFilesContext,
    ModulePlanContext,
    NormalizerContext,
    PromptBuilderContext,
    PromptContext,
    SchemaGeneratorContext,
    StructuralValidatorContext,
    ValidatorContext,
)
from prompts.environment import make_environment
from prompts.registry import CONTEXTS
from prompts.renderer import block_name, render, template_names

Samples = Mapping[type[PromptContext], PromptContext]

JSON_CONTEXTS = [context for context in CONTEXTS if context.answer_type is not None]
SECTIONS = ("## Role", "## Task", "## Rules", "## What is given", "## Data blocks")
LONGEST_SYSTEM = 12_400
"""Characters, about 3,000 tokens: small models must still have room for the data."""

STACK = {word for field in Stack.model_fields.values() for word in get_args(field.annotation)}
UNTOLD: dict[type[PromptContext], set[str]] = {
    # The stack is copied; the model is no person, and a program writes what one answered.
    ClarifierContext: STACK | {"person", "answers"},
    ClarifierChangeContext: {"person"},
    NormalizerContext: STACK | {"removed_requirements"},  # a program's own list
    NormalizerChangeContext: {"reference"},
    SchemaGeneratorContext: {"reference", "sources"},  # are allowed by the type alone
    SchemaChangeContext: {"reference", "sources"},
    StructuralValidatorContext: {"check"},  # only programs may say so
    IssuesChangeContext: {"check"},
}
"""Keys and values an answer may have, but that its prompt has reason not to name."""

EARLIER = tuple(
    FileContract(path=path, purpose="Known.", exports=tuple(Export(name=name) for name in names))
    for path, names in {
        "app/__init__.py": (),
        "app/database.py": ("Base", "get_session"),
        "app/tools/models.py": ("Tool",),
    }.items()
)
"""The files that the prompts name above their examples of contracts."""

LENDING = CleanSpec(
    project_name="Tool Shed",
    slug="tool-shed",
    summary="Lends tools.",
    requirements=tuple(Requirement(id=f"FR-{n}", title="Lend tools") for n in (1, 2, 3)),
    entities=(SpecEntity(name="Loan"), SpecEntity(name="Tool")),
)
LENDING_SCHEMA = Schema(
    endpoints=(
        Endpoint(method="GET", path="/api/loans"),
        Endpoint(method="POST", path="/api/loans"),
    )
)

every_context = pytest.mark.parametrize("context_type", CONTEXTS)
every_json_context = pytest.mark.parametrize("context_type", JSON_CONTEXTS)


@every_context
def test_every_field_is_shown_and_nothing_else(
    samples: Samples, context_type: type[PromptContext]
) -> None:
    context = samples[context_type]
    given = {
        block_name(field)
        for field in context_type.model_fields
        if getattr(context, field) is not None
    }

    assert set(read_fenced(render(context).user)) == given


@pytest.mark.parametrize("template", sorted({context.template for context in CONTEXTS}))
def test_a_template_names_exactly_the_fields_of_its_contexts(template: str) -> None:
    fields = {
        block_name(field)
        for context in CONTEXTS
        if context.template == template
        for field in context.model_fields
    }
    tree = _parse(f"{template}.user.jinja")

    assert {name.name for name in tree.find_all(nodes.Name)} - {"data"} == fields
    for call in tree.find_all(nodes.Call):
        name, value = call.args
        assert isinstance(name, nodes.Const)
        assert isinstance(value, nodes.Name)
        assert name.value == value.name


@pytest.mark.parametrize("file", sorted(PackageLoader("prompts").list_templates()))
def test_only_the_users_half_writes_values(file: str) -> None:
    writes = any(True for _ in _parse(file).find_all(nodes.Call))

    assert writes == file.endswith(".user.jinja")


def test_stage_table_and_templates_agree() -> None:
    rows = read_stage_rows()
    providers = {
        name
        for row in rows
        for use in row.get("models", ())
        for name in (use["provider"], use.get("fallback_provider"))
        if name
    }
    table = load_stage_table(rows, providers=providers, templates=template_names())

    assert set(table.templates()) == set(template_names())


@every_context
def test_each_prompt_is_laid_out_in_the_same_way(
    samples: Samples, context_type: type[PromptContext]
) -> None:
    system = render(samples[context_type]).system
    headings = [line for line in system.split("\n") if line.startswith("## ")]
    own = [heading for heading in headings if heading in {*SECTIONS, "## Output format"}]

    assert system.startswith(f"# {context_type.template}\n\n## Role\n")
    assert own == [*SECTIONS, "## Output format"]


@every_context
def test_each_block_is_explained(samples: Samples, context_type: type[PromptContext]) -> None:
    prompt = render(samples[context_type])
    explained = prompt.system.split("## What is given\n")[1].split("\n## Data blocks")[0]

    assert set(re.findall(r"`([a-z_]+)`", "\n".join(_labels(explained)))) == set(
        read_fenced(prompt.user)
    )


@every_context
def test_each_prompt_is_clean_and_of_sane_size(
    samples: Samples, context_type: type[PromptContext]
) -> None:
    prompt = render(samples[context_type])
    for text in (_without_examples(prompt.system), _without_blocks(prompt.user)):
        assert "\n\n\n" not in text
        assert not re.search(r"[ \t]$", text, re.MULTILINE)
        assert not re.search(r"\{\{|\{%|%\}|\{#", text)
        assert text == text.strip()
        assert not re.search(r"\b(TBD|FIXME|lorem)\b", text)
    assert len(prompt.system) < LONGEST_SYSTEM
    assert len(_without_blocks(prompt.user)) < 1_000


@every_json_context
def test_the_example_is_a_whole_answer(samples: Samples, context_type: type[PromptContext]) -> None:
    (example,) = _examples(samples[context_type])
    given = json.loads(example)
    answer_type = context_type.answer_type
    assert answer_type is not None

    # Equal, and not only valid: it has every key, and none that nobody reads.
    assert answer_type.model_validate(given).model_dump(mode="json") == given


@every_json_context
def test_every_key_and_allowed_value_is_told(
    samples: Samples, context_type: type[PromptContext]
) -> None:
    answer_type = context_type.answer_type
    assert answer_type is not None
    system = render(samples[context_type]).system
    told = set(re.findall(r"[`\"]([\w.]+)[`\"]", system))
    words = set(_words_of(answer_type)) - UNTOLD.get(context_type, set())

    assert words <= told


@pytest.mark.parametrize("context_type", [ModuleFilesContext, FilesChangeContext, ValidatorContext])
def test_the_contracts_of_the_examples_hold(
    samples: Samples, context_type: type[PromptContext]
) -> None:
    (example,) = _examples(samples[context_type])
    answer = ModuleFiles.model_validate_json(example)
    earlier = FileStructure(
        modules=(Module(name="earlier", purpose="Known.", files=EARLIER),),
        dependencies=tuple(Dependency(name=name) for name in ("fastapi", "pytest", "sqlalchemy")),
    )

    assert check_module_files(LENDING, LENDING_SCHEMA, earlier, answer) == []
    requirements = {number for file in answer.files for number in file.requirements}
    assert {test.requirement for test in answer.tests} == requirements
    for test in answer.tests:
        (holder,) = [file for file in answer.files if file.path == test.path]
        assert test.requirement in holder.requirements


@pytest.mark.parametrize("context_type", [ModuleFilesContext, FilesChangeContext, ValidatorContext])
def test_the_limits_of_paths_are_told(samples: Samples, context_type: type[PromptContext]) -> None:
    system = render(samples[context_type]).system

    assert f"at most {MAX_PATH_CHARACTERS} characters and {MAX_DEPTH} levels" in system
    assert check_path(".github/workflows/tests.yml")


def test_the_plan_of_the_example_has_a_place_for_everything(samples: Samples) -> None:
    (planned,) = _examples(samples[ModulePlanContext])
    (specified,) = _examples(samples[NormalizerContext])
    spec = CleanSpec.model_validate_json(specified)
    schema = Schema(
        entities=tuple(
            StoredEntity(name=entity.name, table=entity.name.lower()) for entity in spec.entities
        )
    )
    plan = ModulePlan.model_validate_json(planned)

    assert check_plan(spec, schema, plan) == []


def test_the_example_page_has_the_headings_that_code_cuts_by(samples: Samples) -> None:
    (example,) = _examples(samples[DocsCreatorContext])
    headings = [line for line in example.split("\n") if line.startswith("#")]

    assert headings == [
        "# Tool Shed",
        "## Overview",
        "## Users",
        "## Requirements",
        "### FR-1: Manage tools",
        "## Entities",
        "### Tool",
        "## Interfaces",
        "## Operations",
    ]
    kept = docs_excerpt(example, requirements={"FR-1"}, entities={"Tool"})
    assert [line for line in kept.split("\n") if line.startswith("###")] == [
        headings[4],
        headings[6],
    ]


def test_the_example_brief_has_the_five_headings(samples: Samples) -> None:
    (example,) = _examples(samples[PromptBuilderContext])
    blocks = example.split("\n\n")

    assert [block.split("\n")[0] for block in blocks] == [
        "Purpose",
        "Public names",
        "Behaviour",
        "Errors and edge cases",
        "Tests",
    ]
    assert code_blocks(example) == []


def test_the_example_file_is_one_block_of_working_code(samples: Samples) -> None:
    (example,) = _examples(samples[CoderContext])
    (block,) = code_blocks(example)

    assert block.info == "python app/due.py"
    check_source("app/due.py", extract_file(example, "app/due.py"))
    assert example == f"```{block.info}\n{block.text}```"


def test_the_debuggers_forms_make_the_same_change(samples: Samples) -> None:
    search, diff, whole, none = _examples(samples[DebuggerContext])
    path = "app/due.py"
    after = extract_file(whole, path)
    before = after.replace("today > due_on", "today >= due_on")

    assert before != after
    for answer in (search, diff, whole):
        assert re.match(r"[A-Z][^\n]*\.\n\n", answer)
        assert apply_edits({path: before}, read_edits(answer, {path})) == {path: after}
    (searched,) = read_edits(search, {path}).edits
    (hunk,) = read_edits(diff, {path}).edits
    assert isinstance(searched, Replacement)
    assert isinstance(hunk, Replacement)
    assert hunk.start == 6  # known only of a hunk whose line counts are right
    for edit in (searched, hunk):  # copied exactly
        assert "\n".join(edit.old) in before
    assert none.startswith("NO CHANGE: ")
    assert read_edits(none, {path}).no_change == none.removeprefix("NO CHANGE: ")


def _parse(file: str) -> nodes.Template:
    loader = PackageLoader("prompts")
    environment = make_environment(DictLoader({}))
    return environment.parse(loader.get_source(environment, file)[0])


def _examples(context: PromptContext) -> list[str]:
    system = render(context).system
    return re.findall(r"^<example>\n(.*?)\n</example>$", system, re.DOTALL | re.MULTILINE)


def _labels(explained: str) -> Iterator[str]:
    """What stands before the colon of each item of a list."""
    for line in explained.split("\n"):
        if line.startswith("- "):
            yield line.split(":")[0]


def _without_blocks(user: str) -> str:
    return re.sub(
        r'<data name="[a-z_]+" fence="([0-9a-f]+)">\n.*?\n</data fence="\1">',
        "[data]",
        user,
        flags=re.DOTALL,
    )


def _without_examples(system: str) -> str:
    return re.sub(
        r"^<example>\n.*?\n</example>$", "[example]", system, flags=re.DOTALL | re.MULTILINE
    )


def _words_of(answer_type: type[BaseModel]) -> Iterator[str]:
    """Keys and allowed texts of an answer, and of all that is in it."""
    schema = answer_type.model_json_schema()
    parts: list[dict[str, Any]] = [schema, *schema.get("$defs", {}).values()]
    for part in parts:
        yield from part.get("enum", ())
        for key, value in part.get("properties", {}).items():
            yield key
            yield from (word for word in value.get("enum", ()) if isinstance(word, str))


@pytest.mark.parametrize("context_type", [ModulePlanContext, ModuleFilesContext])
def test_what_a_person_wants_otherwise_is_shown_and_explained(
    samples: Samples, context_type: type[PromptContext]
) -> None:
    wish = {"guidance": Guidance(rounds=("One page.",))}
    refused = (
        {"refused": FileStructure(modules=(Module(name="m", purpose="p"),))}
        if context_type is ModulePlanContext
        else {}
    )
    prompt = render(samples[context_type].model_copy(update={**wish, **refused}))
    explained = prompt.system.split("## What is given\n")[1].split("\n## Data blocks")[0]
    for name in (*wish, *refused):
        assert name in dict(read_fenced(prompt.user))
        assert f"- `{name}`: " in explained
    assert "\n\n\n" not in prompt.system
