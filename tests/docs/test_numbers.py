"""Numbers in the documentation are those of the code."""

from datetime import UTC, datetime

import pytest

from codegen.paths import MAX_FILES
from core.artifacts.questionnaire import Questionnaire
from core.identity import derive_build_id
from core.stages import Stage
from flows.cli import BUILD_FAILED
from providers.llm import http_client
from providers.llm.conversation import MAX_CALLS, MAX_EXTENSIONS, MAX_REASKS
from providers.llm.retrying import Patience
from providers.vcs.history import FIRST_DATE
from tasks.engine.schema_parts import ENTITIES_AT_ONCE
from tasks.validator import MAX_ROUNDS
from tests.docs.pages import read

WORDS = {2: "two", 3: "three", 5: "five", 6: "six", 8: "eight", 10: "ten"}
TIMES = {2: "twice", 3: "three times"}
PATIENCE = Patience()
DELAYS = Stage.model_fields["retry_delays"].default
BUILD_ID = derive_build_id("p", Questionnaire(project_name="P", summary="S"), {}, "")

ARCHITECTURE = [
    f"asked again with the exact error, {TIMES[MAX_REASKS]}",
    f"more room, and free text is continued where there is none; {TIMES[MAX_EXTENSIONS]} in all",
    f"{PATIENCE.attempts} calls, {PATIENCE.longest_wait:g} s a wait, {PATIENCE.total_wait:g} s in",
    f"{WORDS[len(DELAYS)]} more attempts, " + " and ".join(f"{delay:g} s" for delay in DELAYS),
    f"Asks for {WORDS[ENTITIES_AT_ONCE]} entities at a time",
    f"at most {WORDS[MAX_ROUNDS]} rounds",
    f"and {WORDS[len(BUILD_ID.removeprefix('p-'))]} digits of a digest",
    f"begin at {datetime.fromtimestamp(FIRST_DATE, UTC):%Y-%m-%d}",
]
LIMITS = [f"makes at most {WORDS[MAX_CALLS]} calls"]
VERIFICATION = [f"at most {MAX_FILES:,} files with paths"]
OPERATIONS = [
    f"At most {http_client.MAX_CONNECTIONS} calls are under way",
    f"after {http_client.BASE_CALL_SECONDS:g} seconds and one more for every "
    f"{http_client.FLOOR_TOKENS_PER_SECOND:g} tokens",
    f"must connect within {http_client.CONNECT_SECONDS:g} seconds",
    f"must begin within {http_client.THINKING_SECONDS:g} seconds",
    f"never be silent for {http_client.IDLE_SECONDS:g}",
    f"| {BUILD_FAILED} | the build failed",
]


@pytest.mark.parametrize(
    ("page", "said"),
    [
        *(("docs/architecture.md", said) for said in ARCHITECTURE),
        *(("docs/limits.md", said) for said in LIMITS),
        *(("docs/verification.md", said) for said in VERIFICATION),
        *(("docs/operations.md", said) for said in OPERATIONS),
    ],
)
def test_numbers_are_those_of_the_code(page: str, said: str) -> None:
    assert said in " ".join(read(page).split())
