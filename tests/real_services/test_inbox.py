"""The inbox as operators have it: files in the store's folder, a deployment, a worker."""

import json
from pathlib import Path

import pytest

from core.artifacts.build_outcome import OutcomeStatus
from tests.real_services.service import Service


@pytest.mark.timeout(1_200)
def test_a_file_in_the_inbox_becomes_a_build_and_a_wrong_one_is_rejected(service: Service) -> None:
    inbox: Path = service.stack.home / "store" / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    questionnaire = {"project_name": "Dropped notes", "summary": "Keeps short notes."}
    (inbox / "good.json").write_text(json.dumps(questionnaire))
    (inbox / "bad.json").write_text("{}")

    look = service.start("build-inbox/build-inbox", {}, "look-1").raise_for_status().json()
    service.wait(look["id"])
    # The schedule may have been there before.
    service.until(lambda: not [path for path in inbox.iterdir() if path.is_file()])
    (taken,) = (inbox / "taken").iterdir()
    reason = (inbox / "rejected" / "bad.reason.txt").read_text()
    assert "project_name: Field required" in reason

    build_id = taken.stem
    tagged = {"flow_runs": {"tags": {"all_": ["inbox"]}}}
    (run,) = service.post("/flow_runs/filter", tagged).raise_for_status().json()
    assert service.wait(run["id"])["state_type"] == "COMPLETED"
    outcome = service.outcomes(run["id"])[-1]
    assert outcome.build_id == build_id
    assert outcome.status is OutcomeStatus.COMPLETED
