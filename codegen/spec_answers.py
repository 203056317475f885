"""Holds a clean spec to what a person said when asked."""

from core.artifacts.specs import CleanSpec


def with_answers(spec: CleanSpec, answers: tuple[str, ...]) -> CleanSpec:
    """The spec with every answer among its constraints, whatever a model made of it.

    So later stages see the person's own words beside the requirements that came of them.
    """
    constraints = tuple(dict.fromkeys((*spec.constraints, *answers)))
    return spec.model_copy(update={"constraints": constraints})
