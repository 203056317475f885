import json

import pytest

from core.errors import InputError
from core.layout import ARTIFACT_TYPES, DOCS, FILE_STRUCTURE, SCHEMA, VALIDATED_STRUCTURE
from tasks.engine.edit_reading import read_edit
from tasks.engine.stage_call import as_text
from tests.codegen.structures import SCHEMA as SCHEMA_DOC
from tests.codegen.structures import STRUCTURE


def test_what_a_stage_wrote_is_taken_as_it_is() -> None:
    assert read_edit(SCHEMA, as_text(SCHEMA_DOC)) == as_text(SCHEMA_DOC)
    assert read_edit(FILE_STRUCTURE, as_text(STRUCTURE)) == as_text(STRUCTURE)
    assert read_edit(DOCS, " # Mine") == " # Mine"


def test_an_artifact_is_used_as_a_stage_would_write_it() -> None:
    given = json.dumps({"endpoints": [{"path": " /x ", "method": "GET"}]})
    used = read_edit(SCHEMA, given)
    assert json.loads(used)["schema_version"] == 1
    assert json.loads(used)["endpoints"][0]["path"] == "/x"
    assert used == as_text(ARTIFACT_TYPES[SCHEMA].model_validate_json(given))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"project_name": "x", "summary": "y"}, "'project_name', 'summary';"),
        ({"entities": [], "Endpoints": []}, "'Endpoints';"),
        (
            {"entities": [{"name": "Task", "table": "t", "fields": [{"name": "a", "kind": "b"}]}]},
            "'entities.0.fields.0.kind';",
        ),
        ({f"k{n}": 1 for n in range(12)}, "'k9' and 2 more;"),
    ],
)
def test_keys_that_an_artifact_does_not_have_are_named(given: object, named: str) -> None:
    with pytest.raises(InputError) as refused:
        read_edit(SCHEMA, json.dumps(given))
    assert f"'{SCHEMA}' has keys that are not known there: " in str(refused.value)
    assert named in str(refused.value)


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        (DOCS, " \n", "is empty"),
        (SCHEMA, "{", "is not valid: Invalid JSON"),
        (SCHEMA, '{"schema_version": 2}', "is not valid: schema_version is 2, and this"),
        (VALIDATED_STRUCTURE, "{}", "is not valid: modules: Field required"),
    ],
)
def test_what_is_not_of_the_type_is_refused(path: str, text: str, said: str) -> None:
    with pytest.raises(InputError, match=f"use: the text for '{path}' {said}"):
        read_edit(path, text)
