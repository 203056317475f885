from typing import Any

import pytest
from pydantic import ValidationError

from providers.storage.calls import CallIdentity, CallMaxima

IDENTITY: dict[str, Any] = {
    "build_id": "b-1",
    "project_id": "shop",
    "user": "ann",
    "stage": "1.5",
    "provider": "demo",
    "model": "demo",
}


def test_a_call_is_about_no_file_unless_it_says_so() -> None:
    assert CallIdentity.model_validate(IDENTITY).file is None
    assert CallIdentity.model_validate({**IDENTITY, "file": "a.py"}).file == "a.py"


@pytest.mark.parametrize("field", ["build_id", "project_id", "stage", "file", "provider", "model"])
def test_names_that_calls_are_counted_by_are_never_empty(field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        CallIdentity.model_validate({**IDENTITY, field: ""})


@pytest.mark.parametrize("field", ["per_stage", "per_file", "per_build"])
def test_a_maximum_is_at_least_one(field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        CallMaxima.model_validate({"per_stage": 1, "per_file": 1, "per_build": 1, field: 0})
