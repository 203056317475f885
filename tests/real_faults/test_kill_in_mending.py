"""A build that is killed while it mends, and started again."""

import time
from pathlib import Path

import pytest

from core.artifacts.build_report import BuildReport
from core.artifacts.fixes import FixOutcome
from core.layout import REPORT_JSON
from tests.flows.command import TINY, local_models, run, start, variables
from tests.flows.faulty_model import FaultyModel, faulty_model, mend


def wrong_then_right(model: FaultyModel, blocks: dict[str, str]) -> str:
    """The second answer is right; told what it was answered first, not when it is asked."""
    first = "HTTP_200_OK" not in blocks["tried"]
    return mend(model, blocks, "HTTP_200_OK") if first else mend(model, blocks)


@pytest.mark.timeout(600)
def test_killed_between_two_attempts_a_build_asks_only_what_was_in_flight(
    tmp_path: Path, environments: Path
) -> None:
    (tmp_path / "environments").symlink_to(environments)
    with faulty_model() as (model, url):
        model.debugger = wrong_then_right
        environment = variables(tmp_path, LOCAL_LLM_BASE_URL=url)
        with start("build", TINY, *local_models(), environment=environment) as process:
            give_up = time.monotonic() + 200
            while len(model.questions) < 2:
                assert process.poll() is None, process.communicate()[0]
                assert time.monotonic() < give_up
                time.sleep(0.005)
            process.kill()
            process.wait()
        code, output = run("build", TINY, *local_models(), environment=environment)
    assert code == 0, output
    assert model.questions.count(model.questions[0]) == 1
    assert set(model.questions[1:]) == {model.questions[1]}, "the second question is the same"
    (path,) = (tmp_path / "store" / "project").glob(f"*/{REPORT_JSON}")
    fixes = BuildReport.model_validate_json(path.read_text()).fixes
    assert [fix.outcome for fix in fixes.attempts] == [FixOutcome.CHANGED, FixOutcome.MENDED]
