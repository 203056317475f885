"""Drives every stage in memory with the prompts, parsing and checks of the pipeline."""

from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel

from codegen.contracts import (
    check_module_files,
    check_plan,
    check_structure,
)
from codegen.documents import check_docs
from codegen.excerpts import docs_excerpt, schema_excerpt, spec_excerpt
from codegen.extraction import extract_file
from codegen.gate import check_source
from codegen.issues import refuse_errors
from codegen.order import dependency_order
from codegen.scaffolds.dependencies import names_to_look_up, settle, tidy
from codegen.scaffolds.reading import read_facts
from codegen.scaffolds.rendering import render_file
from codegen.scaffolds.serving import is_scaffold, making_room, packages_for, with_scaffold
from codegen.schema_checks import check_schema, check_spec
from codegen.schema_docs import update_docs
from core.artifacts.answers import (
    Clarification,
    IssueList,
    ModuleFiles,
    ModulePlan,
    ModuleReview,
    SchemaPart,
)
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import FileContract, FileStructure, Module, StructuralIssues
from prompts import contexts
from prompts.renderer import render
from providers.llm.demo.provider import DemoProvider
from providers.llm.provider import LLMRequest, Message

ENTITIES_AT_ONCE = 6

_Answer = TypeVar("_Answer", bound=BaseModel)


async def ask(context: contexts.PromptContext) -> str:
    """Ask the demo provider the way a stage does."""
    prompt = render(context)
    request = LLMRequest(
        model="demo",
        system=prompt.system,
        messages=(Message(role="user", content=prompt.user),),
    )
    return (await DemoProvider().complete(request)).content


async def ask_for(context: contexts.PromptContext, answer: type[_Answer]) -> _Answer:
    assert context.answer_type is answer
    return answer.model_validate_json(await ask(context))


@dataclass
class Build:
    """All artifacts of one build, and the files it wrote."""

    clarification: Clarification
    spec: CleanSpec
    docs: str
    schema: Schema
    issues: StructuralIssues
    structure: FileStructure
    corrections: list[str] = field(default_factory=list[str])
    briefs: dict[str, str] = field(default_factory=dict[str, str])
    files: dict[str, str] = field(default_factory=dict[str, str])


async def build(questionnaire: Questionnaire) -> Build:
    """Run stages 1 to 7."""
    made = await plan(questionnaire)
    await write(made)
    return made


async def build_from(spec: CleanSpec, clarified: Clarification) -> Build:
    """Run stages 2 to 7 from a spec, such as one that a person edited."""
    made = await _plan_from(spec, clarified)
    await write(made)
    return made


async def plan(questionnaire: Questionnaire) -> Build:
    """Run stages 1 to 5, with each check that the stages make."""
    clarified = await ask_for(contexts.ClarifierContext(questionnaire=questionnaire), Clarification)
    spec = await ask_for(contexts.NormalizerContext(specs=clarified.specs), CleanSpec)
    refuse_errors(check_spec(spec))
    return await _plan_from(spec, clarified)


async def _plan_from(spec: CleanSpec, clarified: Clarification) -> Build:
    docs = check_docs(await ask(contexts.DocsCreatorContext(specs=spec)), spec)
    schema = await _schema(spec, docs)
    docs = update_docs(docs, schema)
    found = await ask_for(contexts.StructuralValidatorContext(docs=docs, schema_=schema), IssueList)
    made = Build(
        clarification=clarified,
        spec=spec,
        docs=docs,
        schema=schema,
        issues=StructuralIssues(issues=found.issues),
        structure=FileStructure(modules=(Module(name="none", purpose="none"),)),
    )
    assert made.issues.errors == (), "a build would halt at them"
    made.structure = await _structure(made)
    await _validate(made)
    return made


async def _schema(spec: CleanSpec, docs: str) -> Schema:
    names = [entity.name for entity in spec.entities]
    parts: list[SchemaPart] = []
    for start in range(0, len(names), ENTITIES_AT_ONCE):
        asked = contexts.EntityNames(names=tuple(names[start : start + ENTITIES_AT_ONCE]))
        context = contexts.SchemaGeneratorContext(specs=spec, docs=docs, asked=asked)
        parts.append(await ask_for(context, SchemaPart))
    schema = Schema(
        entities=tuple(entity for part in parts for entity in part.entities),
        endpoints=tuple(endpoint for part in parts for endpoint in part.endpoints),
    )
    refuse_errors(check_schema(spec, schema))
    return schema


async def _structure(made: Build) -> FileStructure:
    planned = await ask_for(
        contexts.ModulePlanContext(
            specs=made.spec, docs=made.docs, schema_=made.schema, issues=made.issues
        ),
        ModulePlan,
    )
    refuse_errors(check_plan(made.spec, made.schema, planned))
    structure = FileStructure(modules=planned.empty_modules, dependencies=planned.packages)
    structure = with_scaffold(made.spec, _settled(made.spec, structure))
    for position in range(len(planned.modules)):
        module = structure.modules[position]
        answer = await ask_for(
            contexts.ModuleFilesContext(
                specs=spec_excerpt(
                    made.spec, requirements=module.requirements, entities=module.entities
                ),
                docs=_docs_of(made, module),
                schema_=schema_excerpt(made.schema, module.entities),
                issues=made.issues,
                plan=_outline(structure),
                module=module,
            ),
            ModuleFiles,
        )
        room = making_room(structure, [file.path for file in answer.files])
        refuse_errors(check_module_files(made.spec, made.schema, room, answer))
        modules = list(structure.modules)
        modules[position] = module.model_copy(update={"files": answer.contracts})
        structure = structure.model_copy(
            update={"modules": tuple(modules), "tests": (*structure.tests, *answer.tests)}
        )
        structure = with_scaffold(made.spec, structure)
    refuse_errors(check_structure(made.spec, made.schema, structure))
    return structure


def _settled(spec: CleanSpec, structure: FileStructure) -> FileStructure:
    """The structure with versions from the shipped table, which has all that is declared."""
    tidied = tidy(structure.dependencies, packages_for(spec, structure))
    assert names_to_look_up(tidied.dependencies) == (), "a demo build would ask a package index"
    return structure.model_copy(update={"dependencies": settle(tidied, {}).dependencies})


def _docs_of(made: Build, module: Module) -> str:
    return docs_excerpt(made.docs, requirements=module.requirements, entities=module.entities)


def _outline(structure: FileStructure) -> FileStructure:
    modules = tuple(
        module.model_copy(update={"files": tuple(map(_outline_of, module.files))})
        for module in structure.modules
    )
    return structure.model_copy(update={"modules": modules, "tests": ()})


def _outline_of(file: FileContract) -> FileContract:
    return file.model_copy(update={"imports": (), "requirements": (), "entities": ()})


async def _validate(made: Build) -> None:
    structure = made.structure
    for position, module in enumerate(structure.modules):
        if is_scaffold(module):
            continue
        mine = {file.path for file in module.files}
        others = [file for other in structure.modules if other != module for file in other.files]
        tests = tuple(test for test in structure.tests if test.path in mine)
        review = await ask_for(
            contexts.ValidatorContext(
                docs=_docs_of(made, module),
                schema_=schema_excerpt(made.schema, module.entities),
                issues=made.issues,
                others=contexts.FileIndex(files=tuple(map(_outline_of, others))),
                module=module,
                tests=contexts.ModuleTests(tests=tests),
            ),
            ModuleReview,
        )
        made.corrections.extend(review.corrections)
        modules = list(structure.modules)
        modules[position] = module.model_copy(update={"files": review.contracts})
        kept = tuple(test for test in structure.tests if test.path not in mine)
        structure = structure.model_copy(
            update={"modules": tuple(modules), "tests": (*kept, *review.tests)}
        )
        structure = with_scaffold(made.spec, structure)
    refuse_errors(check_structure(made.spec, made.schema, structure))
    made.structure = structure


async def write(made: Build) -> None:
    """Run stage 7 in dependency order."""
    contracts = {file.path: file for file in made.structure.files}
    for path, waits_for in dependency_order(made.structure.files).items():
        if contracts[path].template:
            made.files[path] = render_file(contracts[path], read_facts(made.spec, made.structure))
        else:
            await write_file(made, contracts[path], [contracts[other] for other in waits_for])


async def write_file(made: Build, file: FileContract, imported: list[FileContract]) -> None:
    """Ask the prompt builder and the coder about one file."""
    project = project_of(made)
    tests = tuple(test for test in made.structure.tests if test.path == file.path)
    planned = contexts.ModuleTests(tests=tests)
    requirements = {*file.requirements, *(test.requirement for test in tests)}
    schema = schema_excerpt(made.schema, file.entities)
    made.briefs[file.path] = await ask(
        contexts.PromptBuilderContext(
            project=project,
            file=file,
            docs=docs_excerpt(made.docs, requirements=requirements, entities=file.entities),
            schema_=schema,
            neighbours=contexts.FileIndex(files=tuple(imported)),
            tests=planned,
        )
    )
    answer = await ask(
        contexts.CoderContext(
            project=project,
            file=file,
            brief=made.briefs[file.path].strip(),
            schema_=schema,
            sources=contexts.SourceFiles(
                files=tuple(
                    contexts.SourceFile(path=item.path, content=made.files[item.path])
                    for item in imported
                )
            ),
            tests=planned,
        )
    )
    text = extract_file(answer, file.path)
    check_source(file.path, text)
    made.files[file.path] = text


def project_of(made: Build) -> contexts.ProjectFacts:
    """What every prompt of stage 7 says about the project."""
    return contexts.ProjectFacts(
        name=made.spec.project_name,
        slug=made.spec.slug,
        summary=made.spec.summary,
        stack=made.spec.stack,
        dependencies=made.structure.dependencies,
    )
