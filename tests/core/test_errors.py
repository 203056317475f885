import inspect
import pickle

import pytest

from core import errors

TREE = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.AppBuilderError)
]

EXAMPLES = [
    errors.InputError("bad value 'x'"),
    errors.RequestRefusedError("no", provider="openai", model="m"),
    errors.ProviderBusyError("later", provider="openai", model="m", retry_after=3.5),
    errors.ProviderFailedError("cut off", usage=errors.BilledUsage(9, 4, 2, 0.01)),
    errors.StageFailedError("1.5", 3, "the reason"),
]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_survives_pickling_with_all_it_knows(error: errors.AppBuilderError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_every_error_stands_in_the_tree_of_the_docstring(
    kind: type[errors.AppBuilderError],
) -> None:
    assert errors.__doc__
    assert kind.__name__ in errors.__doc__


def test_a_failed_stage_says_how_often_it_was_tried() -> None:
    assert str(errors.StageFailedError("3", 3, "why")) == "Stage 3 failed after 3 attempts: why"
    assert str(errors.StageFailedError("3", 1, "why")) == "Stage 3 failed after 1 attempt: why"
