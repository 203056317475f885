"""Answers `schema-generator`: tables and endpoints of the entities asked for."""

from core.artifacts.answers import SchemaPart
from core.artifacts.schema import Endpoint, Method, StoredEntity
from core.artifacts.specs import CleanSpec
from providers.llm.demo.blocks import PromptBlocks, refuse
from providers.llm.demo.documents import EntityNames
from providers.llm.demo.names import collection_path, id_name, table_names
from providers.llm.demo.words import human, plural, snake_case, with_article


def answer(blocks: PromptBlocks) -> str:
    """Design the data model and HTTP interface of some entities."""
    specs = blocks.model("specs", CleanSpec)
    blocks.text("docs")
    by_name = {entity.name: entity for entity in specs.entities}
    tables = table_names(by_name)
    entities: list[StoredEntity] = []
    endpoints: list[Endpoint] = []
    for name in blocks.model("asked", EntityNames).names:
        if name not in by_name:
            refuse(
                f"the {blocks.template} prompt asks for the entity {name!r}, which its block "
                "'specs' does not have"
            )
        entities.append(StoredEntity(**by_name[name].model_dump(), table=tables[name]))
        endpoints += _endpoints(specs, name, tables[name])
    return SchemaPart(entities=tuple(entities), endpoints=tuple(endpoints)).model_dump_json()


def _endpoints(specs: CleanSpec, entity: str, table: str) -> list[Endpoint]:
    name = snake_case(entity)
    one, many = human(name).lower(), human(plural(name)).lower()
    all_path = collection_path(table)
    one_path = f"{all_path}/{{{id_name(name)}}}"
    served = tuple(item.id for item in specs.requirements if entity in item.entities)
    operations: tuple[tuple[Method, str, str], ...] = (
        ("GET", all_path, f"List {many}, page by page, filtered and sorted"),
        ("POST", all_path, f"Create {with_article(one)}"),
        ("GET", one_path, f"Read {with_article(one)}"),
        ("PUT", one_path, f"Replace {with_article(one)}"),
        ("DELETE", one_path, f"Delete {with_article(one)}"),
    )
    return [
        Endpoint(method=method, path=path, summary=summary, entity=entity, requirements=served)
        for method, path, summary in operations
    ]
