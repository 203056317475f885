"""Answers `debugger`: the demo model adds a missing import, and leaves all else alone."""

import ast
import re
import sys

from providers.llm.demo.blocks import PromptBlocks
from providers.llm.demo.documents import ModuleTests, ProjectFacts, SourceFile, SourceFiles
from providers.llm.demo.literals import one_line

_TELLING = re.compile(r"^(?:E +\S.*|\w*(?:Error|Exception)\b.*)$", re.MULTILINE)
_UNDEFINED = re.compile(r"NameError: name '(?P<name>\w+)' is not defined")
_BACKTICKS = re.compile("`+")


def answer(blocks: PromptBlocks) -> str:
    """Import a module of the standard library where one is used without; else say what failed."""
    blocks.model("project", ProjectFacts)
    files = blocks.model("files", SourceFiles)
    fixed = {test.path for test in blocks.model("tests", ModuleTests).tests}
    blocks.text("tried")
    blocks.text("guidance")
    failure = blocks.text("failure")
    mendable = [file for file in files.files if file.path not in fixed]
    return _missing_import(mendable, failure) or _nothing(files, failure)


def _missing_import(files: list[SourceFile], failure: str) -> str:
    found = _UNDEFINED.search(failure)
    if found is None or found["name"] not in sys.stdlib_module_names:
        return ""
    name = found["name"]
    for file in files:
        if file.path.endswith(".py") and re.search(rf"\b{name}\.\w", file.content):
            text = _with_import(file.content, name)
            if text:
                fence = "`" * (max(map(len, _BACKTICKS.findall(text)), default=2) + 1)
                return (
                    f"{file.path} uses the module {name} and does not import it.\n\n"
                    f"{fence}python {file.path}\n{text}{fence}\n"
                )
    return ""


def _with_import(text: str, name: str) -> str:
    """The text with one more import before its first statement; empty if it has it, or is wrong."""
    try:
        statements = ast.parse(text).body
    except SyntaxError:
        return ""
    taken = [
        alias.asname or alias.name
        for statement in statements
        if isinstance(statement, ast.Import)
        for alias in statement.names
    ]
    if name in taken or not statements:
        return ""
    before = 0
    for statement in statements:
        is_head = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not is_head and getattr(statement, "module", "") != "__future__":
            break
        before = statement.end_lineno or 0
    lines = f"{text.rstrip()}\n".splitlines(keepends=True)
    head = "".join(lines[:before])
    rest = "".join(lines[before:]).lstrip("\n")
    return f"{head}\nimport {name}\n{rest}" if head else f"import {name}\n{rest}"


def _nothing(files: SourceFiles, failure: str) -> str:
    found = _TELLING.search(failure)
    said = one_line(found[0] if found else failure, 300) or "nothing"
    shown = ", ".join(file.path for file in files.files) or "no file"
    return (
        "NO CHANGE: the demo model mends missing imports alone; only a real model can look for the "
        f"cause in {one_line(shown, 300)}. The tests said: {said}\n"
    )
