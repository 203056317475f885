"""Answers `debugger`: the demo model repairs nothing, and says so."""

import re

from providers.llm.demo.blocks import PromptBlocks
from providers.llm.demo.documents import ModuleTests, ProjectFacts, SourceFiles
from providers.llm.demo.literals import one_line

_TELLING = re.compile(r"^(?:E +\S.*|\w*(?:Error|Exception)\b.*)$", re.MULTILINE)


def answer(blocks: PromptBlocks) -> str:
    """Say what failed, and that no file is changed."""
    blocks.model("project", ProjectFacts)
    files = blocks.model("files", SourceFiles)
    blocks.model("tests", ModuleTests)
    blocks.text("tried")
    blocks.text("guidance")
    failure = blocks.text("failure")
    found = _TELLING.search(failure)
    said = one_line(found[0] if found else failure, 300) or "nothing"
    shown = ", ".join(file.path for file in files.files) or "no file"
    return (
        "NO CHANGE: the demo model does not repair code; only a real model can look for the cause "
        f"in {one_line(shown, 300)}. The tests said: {said}\n"
    )
