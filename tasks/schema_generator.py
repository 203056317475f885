"""Stage 3: designs the data model and the HTTP interface, some entities at a time."""

from codegen.issues import refuse_errors
from codegen.schema_checks import check_schema_part
from codegen.schema_docs import update_docs
from core.artifacts.answers import SchemaPart
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.layout import DOCS, SCHEMA, SPECS_CLEAN
from prompts.contexts import EntityNames, SchemaGeneratorContext
from tasks.engine.changing.design import schema_of_change
from tasks.engine.schema_parts import ask_in_parts, put_together, refuse_other_entities
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

    async def ask(names: tuple[str, ...], earlier: tuple[SchemaPart, ...]) -> SchemaPart:
        def check(part: SchemaPart) -> None:
            refuse_other_entities(part, names)
            refuse_errors(check_schema_part(spec, part, earlier))

        context = SchemaGeneratorContext(specs=spec, docs=docs, asked=EntityNames(names=names))
        return await work.ask(context, SchemaPart, check)

    parts = await ask_in_parts([entity.name for entity in spec.entities], ask)
    return put_together(
        spec,
        lambda: Schema(
            entities=tuple(entity for part in parts for entity in part.entities),
            endpoints=tuple(endpoint for part in parts for endpoint in part.endpoints),
        ),
    )
