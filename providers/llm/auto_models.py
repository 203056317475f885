"""Models that nobody named: chosen once for a build, by the work of each template."""

import logging
from collections.abc import Mapping

from core.errors import InputError
from core.stages import AUTO, ModelUse, StageTable
from providers.llm.model_router import ModelRouter
from providers.llm.stage_router import ModelChoice

PROMPT_TOKENS = 24_000
"""Size of prompt that a model is chosen for, in tokens: above what any template is expected to ask
(`core/expectations.toml`), and with an answer of usual length within a context of 32,768."""

_log = logging.getLogger(__name__)


def auto_choices(
    table: StageTable, router: ModelRouter, pinned: Mapping[str, tuple[ModelChoice, ...]] = {}
) -> dict[str, tuple[ModelChoice, ...]]:
    """The models of every template that leaves the choice to the router.

    The log says why each was chosen. They depend on how the models are now, so a build keeps them
    and gives them back when it is resumed: its answers and cache keys hang on them.

    Args:
        table: with the overrides of the build applied.
        router: chooses.
        pinned: chosen before; kept as they are.

    Returns:
        From the template's name to the first model and, where there is one, the best of another
        provider as its fallback.

    Raises:
        InputError: no model can do the work of some template.
    """
    uses = [use for stage in table.stages for use in stage.models if use.is_auto]
    return {use.template: pinned.get(use.template) or _chosen(use, router) for use in uses}


def with_auto_choices(
    table: StageTable, choices: Mapping[str, tuple[ModelChoice, ...]]
) -> StageTable:
    """A table in which the choices stand in the place of every `auto`.

    Args:
        table: with the overrides of the build applied.
        choices: as `auto_choices` gives them.

    Raises:
        KeyError: a template has no choice.
    """

    def settled(use: ModelUse) -> ModelUse:
        if not use.is_auto:
            return use
        first, *others = choices[use.template]
        fallback = others[0] if others else None
        return use.asking(first.provider, first.model).model_copy(
            update={
                "fallback_provider": fallback and fallback.provider,
                "fallback_model": fallback and fallback.model,
            }
        )

    return table.with_uses(settled)


def _chosen(use: ModelUse, router: ModelRouter) -> tuple[ModelChoice, ...]:
    try:
        route = router.route_by_size(use.role, use.complexity, PROMPT_TOKENS)
    except InputError as error:
        message = f"models: {AUTO!r} for {use.template!r}: {error}"
        raise type(error)(message) from error
    told = "\n  ".join(route.reasons)
    _log.info(
        "%s (%s, %s) asks %s, because:\n  %s",
        use.template,
        use.role,
        use.complexity,
        route.choices[0],
        told,
    )
    first, *others = route.choices
    elsewhere = (other for other in others if other.provider != first.provider)
    return first, *(other for other in [next(elsewhere, None)] if other is not None)
