"""Asks for a schema some entities at a time, so that no answer has to hold a large one."""

from collections.abc import Awaitable, Callable, Sequence

from codegen.issues import refuse_errors
from codegen.schema_checks import check_schema
from core.artifacts.answers import SchemaPart
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.errors import AnswerError

ENTITIES_AT_ONCE = 6
"""Entities asked for in one question."""

AskPart = Callable[[tuple[str, ...], tuple[SchemaPart, ...]], Awaitable[SchemaPart]]
"""Asks for the entities of these names, given the parts that are there."""


async def ask_in_parts(names: Sequence[str], ask: AskPart) -> tuple[SchemaPart, ...]:
    """The parts of a schema, in the order of the names; one part where there is no name."""
    groups = [
        tuple(names[start : start + ENTITIES_AT_ONCE])
        for start in range(0, len(names), ENTITIES_AT_ONCE)
    ]
    parts: tuple[SchemaPart, ...] = ()
    for group in groups or [()]:
        parts = (*parts, await ask(group, parts))
    return parts


def refuse_other_entities(part: SchemaPart, names: Sequence[str]) -> None:
    """Refuse a part that has not exactly the entities that were asked for.

    Raises:
        ValueError: names both, fit to be shown to the model.
    """
    found = [entity.name for entity in part.entities]
    if sorted(found) != sorted(names):
        raise ValueError(
            f"entities must be exactly {', '.join(names) or 'none'}, "
            f"not {', '.join(found) or 'none'}"
        )


def put_together(spec: CleanSpec, whole: Callable[[], Schema]) -> Schema:
    """The schema that the parts make.

    Raises:
        AnswerError: the parts do not fit together.
    """
    try:
        schema = whole()
        refuse_errors(check_schema(spec, schema))
    except ValueError as error:
        raise AnswerError(f"the parts of the schema do not fit together: {error}") from None
    return schema
