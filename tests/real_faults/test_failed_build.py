"""A command whose build fails, what it says then, and the same command once the reason is gone."""

import re
from pathlib import Path

from tests.flows.command import TINY, local_models, run, variables
from tests.model_server import model_server


def test_a_failed_build_says_which_stage_why_and_how_to_go_on(
    tmp_path: Path, environments: Path
) -> None:
    (tmp_path / "environments").symlink_to(environments)
    with model_server() as server:
        environment = variables(
            tmp_path,
            LOCAL_LLM_BASE_URL=f"{server.url}/nothing-here",
        )
        code, output = run("build", TINY, *local_models(), environment=environment)
        assert code == 1
        assert "Error: Stage 1 failed after 1 attempt: " in output
        assert "Nothing is lost" in output
        assert "Traceback" not in output

        (build_id,) = [path.name for path in (tmp_path / "store" / "project").iterdir()]
        code, output = run("show", build_id, environment=environment)
        assert code == 0
        assert "failed at stage 1: " in output

        environment |= {"LOCAL_LLM_BASE_URL": server.base_url}
        code, output = run("build", TINY, *local_models(), environment=environment)
        assert code == 0, output
        assert "tests green" in output
        found = re.search(r"git clone (\S+)", output)
        assert found
        assert (Path(found[1]) / "HEAD").is_file()
        code, output = run("show", build_id, environment=environment)
        assert "completed" in output
        assert "repository: " in output
