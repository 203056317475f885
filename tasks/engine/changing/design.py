"""Stages 2 to 3.5 of a changed product: docs by section, schema by entity, issues by place."""

from codegen.change.docs_sections import changed_sections, has_sections, merged_docs
from codegen.change.items import general_items
from codegen.change.schema_merge import Designing, changed_places
from codegen.change.scope import SpecScope
from codegen.documents import check_docs
from codegen.issues import refuse_errors
from codegen.schema_checks import check_schema_part
from codegen.schema_docs import without_schema
from core.artifacts.answers import IssueList, SchemaPart
from core.artifacts.change import Change
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import StructuralIssue, StructuralIssues
from core.layout import DOCS, SCHEMA, SPECS_CLEAN, STRUCTURAL_ISSUES
from prompts.change_contexts import DocsChangeContext, IssuesChangeContext, SchemaChangeContext
from prompts.contexts import EntityNames
from tasks.engine.schema_parts import ask_in_parts, put_together, refuse_other_entities
from tasks.engine.stage_work import StageWork


async def docs_of_change(work: StageWork) -> str | None:
    """The documentation with the sections that the change concerns written again.

    Returns:
        Nothing where the document has no sections to be replaced, so that it is written anew.
    """
    spec = work.read(SPECS_CLEAN, CleanSpec)
    earlier = work.before(SPECS_CLEAN, CleanSpec)
    docs = without_schema(work.before(DOCS))
    scope = SpecScope.between(earlier, spec)
    change = changed_sections(docs, scope, general_items(earlier, spec))
    if not change.is_question:
        return docs
    if not has_sections(docs, (scope.there | scope.removed) - scope.added):
        return None

    def parse(answer: str) -> str:
        return check_docs(merged_docs(docs, answer, spec, scope, change), spec)

    context = DocsChangeContext(specs=spec, previous=docs, change=change)
    return await work.ask_text(context, parse)


async def schema_of_change(work: StageWork, docs: str) -> Schema:
    """The schema with the entities and endpoints that the change concerns designed again.

    Raises:
        AnswerError: the parts of the answers do not fit together.
    """
    designing = Designing(
        before=work.before(SPECS_CLEAN, CleanSpec),
        after=work.read(SPECS_CLEAN, CleanSpec),
        schema=work.before(SCHEMA, Schema),
    )

    async def ask(names: tuple[str, ...], earlier: tuple[SchemaPart, ...]) -> SchemaPart:
        def check(part: SchemaPart) -> None:
            refuse_other_entities(part, names)
            merged = designing.merged_part(part)
            refuse_errors(check_schema_part(designing.after, merged, (designing.kept, *earlier)))

        context = SchemaChangeContext(
            specs=designing.after,
            docs=docs,
            asked=EntityNames(names=names),
            previous=designing.schema,
            change=designing.change(),
        )
        return designing.merged_part(await work.ask(context, SchemaPart, check))

    parts = await ask_in_parts(designing.asked, ask) if designing.is_asked else ()
    return put_together(designing.after, lambda: designing.whole(parts))


async def issues_of_change(work: StageWork, schema: Schema) -> tuple[StructuralIssue, ...]:
    """What a model finds: what it found before elsewhere, and what it finds where things changed.

    Those of before keep their ids, which tell later stages that they were dealt with.
    """
    noted = work.before(STRUCTURAL_ISSUES, StructuralIssues)
    scope = SpecScope.between(
        work.before(SPECS_CLEAN, CleanSpec), work.read(SPECS_CLEAN, CleanSpec)
    )
    places = changed_places(work.before(SCHEMA, Schema), schema, scope)
    found = [issue for issue in noted.issues if issue.source == "model"]
    kept = [issue for issue in found if not is_about(issue, places)]
    if not places - scope.removed:
        return tuple(kept)
    change = Change(items=scope.items, asked=tuple(sorted(places)))
    answer = await work.ask(
        IssuesChangeContext(docs=work.read(DOCS), schema_=schema, previous=noted, change=change),
        IssueList,
    )
    first = max((_number(issue) for issue in found), default=0) + 1
    new = [issue for issue in answer.issues if is_about(issue, places)]
    return (
        *kept,
        *(
            issue.model_copy(update={"id": f"SI-{number}", "source": "model"})
            for number, issue in enumerate(new, start=first)
        ),
    )


def is_about(issue: StructuralIssue, places: frozenset[str]) -> bool:
    """Whether an issue is about one of some places; a field is its entity's matter."""
    return issue.place in places or issue.place.partition(".")[0] in places


def _number(issue: StructuralIssue) -> int:
    digits = issue.id.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0
