"""Puts a whole text in a file's place, where it is one."""

from codegen.edits.edit import WholeFile, quoted
from codegen.edits.elision import elided_line
from codegen.edits.file_lines import split_text

SMALLEST_SHARE = 0.5
"""Least share of a file's lines that a whole text must have to be taken for the file.

Models at times label an excerpt with the file's path. Who means to drop half of a file can say so
with a search/replace block or a diff, where the lines that go are seen.
"""

SHRINKING_LINES = 12
"""Files with fewer lines may become as short as the answer says."""


def rewritten(edit: WholeFile, text: str | None) -> tuple[str, list[str]]:
    """The new text of a file, and why it is refused.

    Args:
        edit: the whole text.
        text: the file's text today; `None` if it is not there.

    Returns:
        The text with the line ends and the last line's end of today's, and the refusals.
    """
    today = split_text(text or "")
    new = split_text(edit.text)
    about = f"{edit.path!r} (line {edit.place} of the answer)"
    result = edit.text
    if today.lines:
        result = today.joined([(line, None) for line in new.lines])
    if problem := _problem(edit, today.lines, new.lines):
        return result, [f"{about}: {problem}"]
    if result == text:
        return result, [f"{about}: the file has this very text already, so nothing changes"]
    return result, []


def _problem(edit: WholeFile, today: tuple[str, ...], new: tuple[str, ...]) -> str:
    if edit.fresh and any(line.strip() for line in today):
        return (
            "is to be added, but is there already; search for lines it has, or give the whole file"
        )
    if elided := elided_line(new, today, shrinks=len(new) < len(today)):
        return f"its line {elided.strip()!r} stands for others; give the complete text"
    first = next((line for line in new if line.strip()), "")
    if not first and any(line.strip() for line in today):
        return "its new text is empty; to delete the file, give a diff to `/dev/null`"
    was = next((line for line in today if line.strip()), "")
    if was and first[:1] in (" ", "\t") and was[:1] not in (" ", "\t"):
        return (
            f"its text begins in the middle, and would replace the whole file:\n{quoted([first])}\n"
            f"Give the complete text, or a search/replace block"
        )
    if len(today) >= SHRINKING_LINES and len(new) < SMALLEST_SHARE * len(today):
        return (
            f"its text has {len(new)} lines, and the file has {len(today)}; give the complete "
            f"text, or search/replace blocks for the lines that go"
        )
    return ""
