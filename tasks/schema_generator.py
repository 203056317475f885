"""Stage 3: designs the data model and the HTTP interface, some entities at a time."""

from codegen.issues import refuse_errors
from codegen.schema_checks import check_schema, check_schema_part
from codegen.schema_docs import update_docs
from core.artifacts.answers import SchemaPart
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.errors import AnswerError
from core.layout import DOCS, SCHEMA, SPECS_CLEAN
from prompts.contexts import EntityNames, SchemaGeneratorContext
from tasks.engine.changing.design import ENTITIES_AT_ONCE, schema_of_change
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork


async def generate_schema(work: StageWork) -> Outputs:
    """Write the schema, and its section of the docs."""
    docs = work.read(DOCS)
    ask = schema_of_change if work.is_change else _ask_in_parts
    schema = work.edited(SCHEMA, Schema) or await ask(work, docs)
    return {SCHEMA: schema, DOCS: update_docs(docs, schema)}


async def _ask_in_parts(work: StageWork, docs: str) -> Schema:
    spec = work.read(SPECS_CLEAN, CleanSpec)
    names = [entity.name for entity in spec.entities]
    groups = [
        tuple(names[start : start + ENTITIES_AT_ONCE])
        for start in range(0, len(names), ENTITIES_AT_ONCE)
    ] or [()]
    parts: list[SchemaPart] = []
    for group in groups:
        parts.append(await _ask_part(work, spec, docs, group, tuple(parts)))
    try:
        schema = Schema(
            entities=tuple(entity for part in parts for entity in part.entities),
            endpoints=tuple(endpoint for part in parts for endpoint in part.endpoints),
        )
        refuse_errors(check_schema(spec, schema))
    except ValueError as error:
        raise AnswerError(f"the parts of the schema do not fit together: {error}") from None
    return schema


async def _ask_part(
    work: StageWork,
    spec: CleanSpec,
    docs: str,
    names: tuple[str, ...],
    earlier: tuple[SchemaPart, ...],
) -> SchemaPart:
    def check(part: SchemaPart) -> None:
        found = [entity.name for entity in part.entities]
        if sorted(found) != sorted(names):
            raise ValueError(
                f"entities must be exactly {', '.join(names) or 'none'}, "
                f"not {', '.join(found) or 'none'}"
            )
        refuse_errors(check_schema_part(spec, part, earlier))

    context = SchemaGeneratorContext(specs=spec, docs=docs, asked=EntityNames(names=names))
    return await work.ask(context, SchemaPart, check)
