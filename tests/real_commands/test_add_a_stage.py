"""A new stage, added as `docs/add-a-stage.md` says, breaks no test of what reads the stages."""

import re
from pathlib import Path

from tests.docs.new_stage import followed, run
from tests.docs.pages import ROOT

_READS_THE_TABLE = re.compile(r"\b(read_stage_rows|load_table|stage_table|open_session)\b")
_SLOW = ("tests/flows", "tests/real_")


def _touched() -> list[str]:
    """Tests that a new row could break, without those that run whole builds."""
    return sorted(
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("test_*.py")
        if not str(path.relative_to(ROOT)).startswith(_SLOW)
        and _READS_THE_TABLE.search(path.read_text(encoding="utf-8"))
    )


def test_what_reads_the_stages_takes_one_more(tmp_path: Path) -> None:
    touched = _touched()
    assert len(touched) > 10
    with followed(tmp_path / "copy") as copy:
        run(copy, "-m", "tests.docs.tables")
        options = ("-q", "-p", "no:cacheprovider", "-p", "no:cov", "-p", "no:xdist")
        said = run(copy, "-m", "pytest", *options, *touched)
    assert " passed" in said
    assert "failed" not in said
