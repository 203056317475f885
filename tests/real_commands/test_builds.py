"""The commands of README and pages that build, look at builds and remove them, in their order."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import blocks, read
from tests.model_server import ModelServer, model_server
from tests.otlp_receiver import otlp_receiver
from tests.providers.vcs.github_server import TOKEN, Hub, serving
from tests.real_commands.desk import Desk, documented

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def models() -> Iterator[ModelServer]:
    with model_server() as server:
        yield server


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk.in_folder(tmp_path_factory.mktemp("desk"))
    (questionnaire,) = [text for kind, text in blocks(read("README.md")) if kind == "json"]
    (desk.folder / "my-answers.json").write_text(questionnaire)
    return desk


@pytest.fixture(scope="module")
def build(desk: Desk) -> str:
    """The id of the build that README begins with."""
    block = documented("README.md", ".venv/bin/app-builder build my-answers.json   #")
    first, *_ = block.splitlines()
    said = desk.run(first)
    (found,) = re.findall(r" as (\S+)$", said, re.MULTILINE)
    return found


def test_the_first_command_of_readme_builds_the_example(desk: Desk) -> None:
    demo, *_ = documented("README.md", "make demo").splitlines()
    assert "tests green" in desk.run(demo)


def test_what_readme_says_of_a_build_can_be_done_with_it(desk: Desk, build: str) -> None:
    block = documented("README.md", ".venv/bin/app-builder build my-answers.json   #")
    said = desk.run(block, (" FILE ", " my-answers.json "), (" BUILD ", f" {build} "))
    assert said.count(build) >= 3
    assert "kept" in said, "run again, nothing is asked"
    for told in ("code-generation", "--from-stage", "the dearest call"):
        assert told in said, said


def test_artifacts_are_fetched_and_removed_as_readme_says(desk: Desk, build: str) -> None:
    block = documented("README.md", ".venv/bin/app-builder artifacts BUILD --to FOLDER")
    fetch, prune, delete = block.splitlines()
    desk.run(fetch, (" BUILD ", f" {build} "), (" FOLDER ", " fetched "))
    assert (desk.folder / "fetched" / "build.json").is_file()
    assert build in desk.run(prune)
    project = json.loads((desk.folder / "fetched" / "build.json").read_text())["project_id"]
    said = desk.run(f"{delete.partition('#')[0]} --yes", (" PROJECT ", f" {project} "))
    assert build in said
    assert build not in desk.run(".venv/bin/app-builder artifacts")


@pytest.mark.parametrize(
    "beginning",
    [
        ".venv/bin/app-builder build my-answers.json --model 2=huggingface/",
        ".venv/bin/app-builder build my-answers.json --model 2=openai/gpt-4o",
        "export LOCAL_LLM_BASE_URL=",
    ],
)
def test_models_are_chosen_as_readme_says(desk: Desk, models: ModelServer, beginning: str) -> None:
    block = documented("README.md", beginning)
    replaced = [("http://127.0.0.1:11434/v1", models.base_url)] if "LOCAL" in beginning else []
    before = len(models.calls())
    desk.run(
        f"{block.rstrip()} --fresh '{beginning[-6:]}'",
        *replaced,
        HUGGINGFACE_BASE_URL=models.url,
        HUGGINGFACE_API_KEY="not-a-secret",
        OPENAI_BASE_URL=models.base_url,
        OPENAI_API_KEY="not-a-secret",
        OPENROUTER_BASE_URL=models.base_url,
        OPENROUTER_API_KEY="not-a-secret",
    )
    assert len(models.calls()) > before


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with serving(tmp_path / "hub") as hub:
        yield hub


def test_a_build_is_published_to_github_as_readme_says(desk: Desk, hub: Hub) -> None:
    block = documented("README.md", "export GITHUB_TOKEN=")
    said = desk.run(
        block,
        ("GITHUB_TOKEN=…", f"GITHUB_TOKEN={TOKEN}"),
        APP_BUILDER_GITHUB__API=f"{hub.url}/api/v3",
    )
    assert hub.url in said


def test_a_product_is_changed_as_its_page_says(desk: Desk) -> None:
    block = documented("docs/changing.md", "app-builder build tracker.json")
    fields = [{"name": "title", "required": True}, {"name": "author"}]
    entities = [{"name": "Book", "fields": fields}]
    answers = {"project_name": "Shelf", "summary": "Keeps books.", "entities": entities}
    (desk.folder / "tracker.json").write_text(json.dumps(answers))
    first, edit, *rest = block.splitlines()
    assert edit.startswith("# edit ")
    path = f"PATH={desk.folder}/.venv/bin:$PATH; "
    desk.run(path + first)
    fields[1]["name"] = "writer"
    (desk.folder / "tracker.json").write_text(json.dumps(answers))
    said = desk.run("\n".join([path, *rest]))
    assert "pull request" in said or "build/" in said, said


def test_a_build_is_traced_as_its_page_says(desk: Desk) -> None:
    block = documented("docs/observability.md", "export OTEL_EXPORTER_OTLP_ENDPOINT=")
    with otlp_receiver() as collector:
        desk.run(block, ("http://127.0.0.1:4318", collector.url))
    assert len(collector.named("build")) == 1


def test_a_store_is_copied_as_its_page_says(desk: Desk) -> None:
    block = documented(
        "docs/operations.md", ".venv/bin/app-builder store copy .app-builder/store 's3"
    )
    target = desk.folder / "copied"
    desk.run(block, ("'s3://builds/team-a?encryption=aws:kms'", str(target)))
    assert list(target.rglob("build.json"))
