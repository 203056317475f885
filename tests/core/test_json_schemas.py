from pathlib import Path

from core.json_schemas import OTHER_TYPES, artifact_schemas, write_schemas
from core.layout import ARTIFACT_TYPES

DOCS = Path(__file__).parents[2] / "docs" / "schemas"


def test_committed_schemas_are_what_the_types_say() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("*.json")}
    assert committed == artifact_schemas(), "run `make schemas`"


def test_every_artifact_has_a_schema_with_a_version() -> None:
    texts = artifact_schemas()
    assert len(texts) == len(ARTIFACT_TYPES) + len(OTHER_TYPES)
    assert all('"schema_version"' in text for text in texts.values())


def test_schemas_of_artifacts_that_are_gone_are_removed(tmp_path: Path) -> None:
    (tmp_path / "old.schema.json").write_text("{}")
    write_schemas(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(artifact_schemas())
