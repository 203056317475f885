from codegen.schema_docs import update_docs
from core.artifacts.questionnaire import FieldType
from core.artifacts.schema import Endpoint, Schema, StoredEntity
from core.artifacts.specs import SpecField
from tests.codegen.structures import SCHEMA


def test_the_schema_is_described_at_the_end() -> None:
    docs = update_docs("# Title\n\nText.\n", SCHEMA)
    assert docs.startswith("# Title\n\nText.\n\n<!-- schema: begin -->\n## Data model\n")
    assert "| project | many_to_one Project | no |  |" in docs
    assert "| `GET` | `/api/tasks` |  | FR-1 |" in docs
    assert docs.endswith("<!-- schema: end -->\n")


def test_written_again_the_section_is_replaced() -> None:
    once = update_docs("# Title\n", SCHEMA)
    assert update_docs(once, SCHEMA) == once
    assert update_docs(once, Schema()).count("## Data model") == 1


def test_a_section_that_lost_its_end_is_replaced_too() -> None:
    assert update_docs("# T\n\n<!-- schema: begin -->\nrest", Schema()).count("rest") == 0


def test_without_entities_and_endpoints_it_says_so() -> None:
    docs = update_docs("# Title\n", Schema())
    assert "Nothing is stored." in docs
    assert "There is none." in docs


def test_a_persons_text_cannot_break_the_table() -> None:
    schema = Schema(
        entities=(
            StoredEntity(
                name="A",
                table="a",
                fields=(
                    SpecField(
                        name="x", type=FieldType.CHOICE, choices=("a|b",), description="1\n2"
                    ),
                    SpecField(name="y", description="<!-- schema: end -->"),
                ),
            ),
        ),
        endpoints=(Endpoint(method="GET", path="/a", summary="| evil |\n## Heading"),),
    )
    docs = update_docs("# T\n", schema)
    assert "| x | choice: a\\|b | no | 1 2 |" in docs
    assert "\n## Heading" not in docs
    assert update_docs(docs, schema) == docs
