"""Files that are not whole: stubs, omissions and texts that break off."""

import ast
import re
from collections.abc import Iterator

from tests.gold.faults.mutant import Subject, Wrong

_SCRIPT_BODY = re.compile(
    r"^(?P<indent> *)(?P<head>(?:export )?(?:static )?(?:async )?(?:function )?"
    r"(?P<name>(?!if\b|for\b|while\b|switch\b|constructor\b)#?[a-zA-Z]\w*)\([^\n]*\) \{)\n"
    r"(?P<body>.*?)^(?P=indent)\}$",
    re.MULTILINE | re.DOTALL,
)


def not_implemented(subject: Subject) -> Iterator[Wrong]:
    """A function that only says that it is not written yet."""
    thrown = 'throw new Error("not implemented");'
    for name, text in emptied(subject, "raise NotImplementedError", thrown):
        yield f"{name} raises that it is not implemented", text


def left_for_later(subject: Subject) -> Iterator[Wrong]:
    """A function that does nothing and says so."""
    for name, text in emptied(subject, "# TODO: implement\n{}pass", "// TODO: implement"):
        yield f"{name} is left for later", text


def emptied(subject: Subject, python: str, script: str) -> Iterator[tuple[str, str]]:
    """The file with one function after another emptied.

    Args:
        subject: the file.
        python: what stands in place of a body; `{}` is its indentation.
        script: the same in JavaScript.
    """
    lines = subject.text.splitlines(keepends=True)
    if subject.is_python:
        for node in ast.walk(ast.parse(subject.text)):
            if isinstance(node, ast.FunctionDef) and not _is_test(subject, node):
                first = node.body[1 if ast.get_docstring(node) and len(node.body) > 1 else 0]
                indent = " " * first.col_offset
                body = f"{indent}{python.format(indent)}\n"
                end = node.end_lineno or first.lineno
                yield node.name, "".join([*lines[: first.lineno - 1], body, *lines[end:]])
    elif subject.is_script:
        for found in _SCRIPT_BODY.finditer(subject.text):
            body = f"{found['indent']}  {script}\n"
            begin, end = found.span("body")
            yield found["name"], f"{subject.text[:begin]}{body}{subject.text[end:]}"


def _is_test(subject: Subject, node: ast.FunctionDef) -> bool:
    """A fixture or callback inside another function is no function of its own."""
    return node.col_offset > 4


def rest_unchanged(subject: Subject) -> Iterator[Wrong]:
    """Half of the file, and a comment in place of the rest."""
    lines = subject.text.splitlines(keepends=True)
    half = next(
        (place for place in range(len(lines) // 2, len(lines)) if _is_between(lines, place)), None
    )
    if half is None:
        return
    for words in ("... rest of the file unchanged ...", "rest of the code remains the same"):
        comment = _comment(subject.path, words)
        if comment:
            yield f"{words!r} in line {half + 1}", "".join([*lines[:half], f"{comment}\n"])


def _is_between(lines: list[str], place: int) -> bool:
    """Whether a line begins something at the left margin, below an empty line."""
    return not lines[place - 1].strip() and bool(re.match(r"[^\s)\]}]", lines[place]))


def _comment(path: str, words: str) -> str:
    if path.endswith((".js", ".css")):
        return f"// {words}"
    if path.endswith((".md", ".html")):
        return f"<!-- {words} -->"
    return "" if path.endswith(".json") else f"# {words}"


def cut_in_a_line(subject: Subject) -> Iterator[Wrong]:
    """The beginning of the file, which ends in the middle of a line, as if that were all."""
    text = subject.text.rstrip("\n")
    for share in (0.4, 0.8):
        place = int(len(text) * share)
        while place > 1 and not (text[place].isalnum() and text[place - 1].isalnum()):
            place -= 1
        if place > 1:
            yield (
                f"ends after {share:.0%}, in {text[:place].splitlines()[-1][-30:]!r}",
                text[:place] + "\n",
            )
