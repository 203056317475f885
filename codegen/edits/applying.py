"""Applies edits to the texts of a repository: all of them, or none."""

from collections.abc import Collection, Mapping, Sequence

from codegen.edits.edit import Deletion, Edit, Edits, Move, Replacement, WholeFile
from codegen.edits.permission import forbidden
from codegen.edits.replacing import replaced
from codegen.edits.whole_files import rewritten

Result = dict[str, str | None]


def apply_edits(
    texts: Mapping[str, str], edits: Edits, protected: Collection[str] = ()
) -> dict[str, str | None]:
    """Apply edits.

    Every edit is about the texts as they are given, not as an earlier edit of the answer leaves
    them. Line ends, a byte order mark, and whether the last line has an end stay as they are.

    Args:
        texts: every file of the repository by its path.
        edits: what to change.
        protected: paths that must stay as they are, such as those of the acceptance tests, in
            whatever case they are written.

    Returns:
        The new text of each file that changes; `None` for one that goes.

    Raises:
        ValueError: an edit cannot be applied, so none is; the message lists every refusal.
    """
    if edits.no_change or not edits.edits:
        why = f": {edits.no_change}" if edits.no_change else ""
        raise ValueError(f"the answer changes nothing{why}")
    refusals = forbidden(texts, edits.edits, protected)
    result: Result = {}
    by_path: dict[str, list[Edit]] = {}
    for edit in edits.edits:
        by_path.setdefault(edit.path, []).append(edit)
    for path, group in by_path.items():
        if path not in refusals:
            problems = _apply_group(texts, path, group, result)
            refusals.update({path: problems} if problems else {})
    if refusals:
        lines = [line for problems in refusals.values() for line in problems]
        number = "one edit" if len(lines) == 1 else f"{len(lines)} edits"
        raise ValueError(
            f"nothing was changed, because {number} cannot be applied:\n"
            + "\n".join(f"- {line}" for line in lines)
        )
    return result


def _apply_group(
    texts: Mapping[str, str], path: str, group: Sequence[Edit], result: Result
) -> list[str]:
    """Apply all edits of one file; returns the refusals."""
    if problem := _together(path, group):
        return [problem]
    text = texts.get(path)
    move = next((edit for edit in group if isinstance(edit, Move)), None)
    replacements = [edit for edit in group if isinstance(edit, Replacement)]
    (first, *_) = group
    match first:
        case WholeFile():
            text, problems = rewritten(first, text)
        case Deletion():
            problems = _deletion_problems(first, text)
            text = None
        case _:
            text, problems = replaced(path, replacements, text)
    if move is not None:
        result[path] = None
    result[move.target if move is not None else path] = text
    return problems


def _together(path: str, group: Sequence[Edit]) -> str:
    """Why the edits of one file do not go together; empty if they do."""
    alone = [edit for edit in group if isinstance(edit, (WholeFile, Deletion))]
    moves = [edit for edit in group if isinstance(edit, Move)]
    if (alone and len(group) > 1) or len(moves) > 1:
        places = ", ".join(str(edit.place) for edit in group)
        return (
            f"{path!r} (lines {places} of the answer): is written, deleted or moved as a whole and "
            f"changed by another edit too; give one of them"
        )
    return ""


def _deletion_problems(edit: Deletion, text: str | None) -> list[str]:
    about = f"{edit.path!r} (line {edit.place} of the answer)"
    if text is None:
        return [f"{about}: is to be deleted, and is not there"]
    there = [line.strip() for line in text.split("\n") if line.strip()]
    said = [line.strip() for line in edit.old if line.strip()]
    if edit.old and said != there:
        return [
            f"{about}: is to be deleted, but has other lines than those shown as deleted; delete "
            f"it with the lines it has, or with none"
        ]
    return []
