"""Says which edits are about files that they must not touch, or that cannot be."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches

from codegen.edits.edit import Deletion, Edit, Move, Replacement, WholeFile
from codegen.paths import check_path, fold_case, place_problems


def forbidden(
    texts: Mapping[str, str], edits: Sequence[Edit], protected: Collection[str]
) -> dict[str, list[str]]:
    """Find the refusals that concern paths and not texts.

    Args:
        texts: every file of the repository by its path.
        edits: what to change.
        protected: paths that must stay as they are.

    Returns:
        The refusals by the path of the edit; nothing if there is none.
    """
    refusals: dict[str, list[str]] = {}
    kept = {fold_case(path) for path in protected}
    for edit in edits:
        problems = list(dict.fromkeys(_problems(edit, texts, kept)))
        if problems:
            known = refusals.setdefault(edit.path, [])
            about = f"{edit.path!r} (line {edit.place} of the answer)"
            known += [f"{about}: {problem}" for problem in problems]
    for edit, problem in _clashes(texts, [edit for edit in edits if edit.path not in refusals]):
        about = f"{edit.path!r} (line {edit.place} of the answer)"
        refusals.setdefault(edit.path, []).append(f"{about}: {problem}")
    return refusals


def _problems(edit: Edit, texts: Mapping[str, str], kept: Collection[str]) -> Iterable[str]:
    paths = [edit.path, edit.target] if isinstance(edit, Move) else [edit.path]
    for path in paths:
        yield from check_path(path)
        if fold_case(path) in kept:
            yield f"{path!r} holds acceptance tests, which must stay as they are; mend the code"
    if isinstance(edit, (Replacement, Move)) and edit.path not in texts:
        near = get_close_matches(edit.path, list(texts), n=1, cutoff=0.5)
        hint = f"; is {near[0]!r} meant?" if near else ""
        yield f"there is no such file{hint}"
    if isinstance(edit, Move) and edit.target in texts:
        yield f"cannot be moved to {edit.target!r}, which is there already"


def _clashes(texts: Mapping[str, str], edits: Sequence[Edit]) -> Iterable[tuple[Edit, str]]:
    """Files that are added and cannot stand beside those that are there."""
    gone = {edit.path for edit in edits if isinstance(edit, (Deletion, Move))}
    added: dict[str, Edit] = {}
    for edit in edits:
        path = edit.target if isinstance(edit, Move) else edit.path
        if path in added and (isinstance(edit, Move) or isinstance(added[path], Move)):
            yield edit, f"{path!r} is written twice"
        if isinstance(edit, (WholeFile, Move)) and (path not in texts or path in gone):
            added.setdefault(path, edit)
    there = [path for path in texts if path not in gone and path not in added]
    for path, problem in place_problems([*there, *added]):
        if path in added:
            yield added[path], problem
