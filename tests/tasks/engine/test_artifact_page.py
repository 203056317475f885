import pytest

from core.artifacts.build_record import BuildRecord, StageRecord
from tasks.engine.artifact_page import artifacts_page
from tasks.engine.preparation import load_table
from tests.tasks.sessions import SECRETS

RECORD = BuildRecord(
    build_id="notes-a",
    project_id="notes",
    project_name="Notes",
    user="ann",
    stages={
        "2": StageRecord(artifacts=("docs/docs.md",)),
        "3": StageRecord(artifacts=("specs/schema.json",)),
        "7": StageRecord(artifacts=("code/",)),
    },
)


def rows(address: str, base_url: str = "") -> list[str]:
    page = artifacts_page(load_table(SECRETS), RECORD, address=address, base_url=base_url)
    return [line for line in page.splitlines() if line.startswith("| `")]


def test_each_artifact_is_shown_with_its_stage_and_address() -> None:
    folder = "file:///srv/store/project/notes-a"
    assert rows(folder) == [
        f"| `build.json` | BuildRecord | all | `{folder}/build.json` |",
        f"| `docs/docs.md` | Markdown | 2 docs-creator | `{folder}/docs/docs.md` |",
        f"| `specs/schema.json` | Schema | 3 schema-generator | `{folder}/specs/schema.json` |",
        f"| `code/` | folder of generated files | 7 code-generation | `{folder}/code/` |",
    ]


@pytest.mark.parametrize("base", ["https://bucket.example/p", "https://bucket.example/p/"])
def test_where_a_browser_finds_the_store_there_are_links(base: str) -> None:
    shown = rows("s3://bucket/p/project/notes-a", base)
    link = "https://bucket.example/p/project/notes-a/docs/docs.md"
    assert shown[1] == f"| `docs/docs.md` | Markdown | 2 docs-creator | [open]({link}) |"
    assert shown[3].endswith("| `s3://bucket/p/project/notes-a/code/` |")


def test_the_commands_that_fetch_them_are_shown() -> None:
    page = artifacts_page(load_table(SECRETS), RECORD, address="s3://b/x", base_url="")
    assert "app-builder artifacts notes-a\napp-builder artifacts notes-a --to notes-a\n" in page
