"""The automation that posts the outcome of a build to another service's address."""

import pytest

from core.artifacts.build_outcome import BuildOutcome, OutcomeStatus
from tests.real_services.service import BUILD, Service


@pytest.mark.timeout(1_200)
def test_the_outcome_of_a_build_is_posted_as_json_of_its_type(
    service: Service, received: tuple[str, list[bytes]]
) -> None:
    questionnaire = {"project_name": "Posted <notes>", "summary": 'Keeps "short" notes & more.'}
    parameters = {"questionnaire": questionnaire, "options": {"models": {"3": "nobody/nothing"}}}
    run = service.start(BUILD, parameters, "posted-1").raise_for_status().json()["id"]
    service.wait(run)

    def posted() -> list[BuildOutcome]:
        outcomes = [BuildOutcome.model_validate_json(body) for body in received[1]]
        return [outcome for outcome in outcomes if outcome.flow_run_id == run]

    service.until(lambda: bool(posted()))
    assert posted() == service.outcomes(run)
    assert posted()[0].status is OutcomeStatus.REFUSED
    assert posted()[0].project_name == "Posted <notes>"
