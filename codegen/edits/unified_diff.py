"""Reads unified diffs, of one file or of several, with or without what git writes around them."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from codegen.edits.edit import Deletion, Edit, Move, Replacement, WholeFile, quoted
from codegen.edits.hunks import Hunk, is_file_header, read_hunk
from codegen.edits.labels import tidy_path

_NOTHING = "/dev/null"
_PREFIX = re.compile(r"^[abciwo]/")
"""What git writes before paths; which letter depends on its settings."""

_SKIPPED = re.compile(
    r"^(?:index [0-9a-f]|(?:new|deleted) file mode |(?:old|new) mode |(?:dis)?similarity index |"
    r"Index: |={5,}$)"
)
_UNSUPPORTED = re.compile(r"^(?:copy (?:from|to) |Binary files |GIT binary patch|@@@)")


@dataclass
class _FileDiff:
    """What is known of the file that is being read."""

    place: int
    old: str = ""
    new: str = ""
    renamed_to: str = ""
    waits_for_header: bool = False
    hunks: list[Hunk] = field(default_factory=list[Hunk])


def starts_diff(lines: Sequence[str], index: int) -> bool:
    """Whether a unified diff with its file header begins at an index."""
    if lines[index].startswith("diff --git "):
        return True
    return is_file_header(lines, index)


def looks_like_diff(lines: Sequence[str]) -> bool:
    """Whether the lines of a block that does not say so are a unified diff."""
    first = next((index for index, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return False
    if re.match(r"@@ .*@@", lines[first]):
        return True
    # Of files, a document in YAML may begin with `---`, but none has the pair.
    return starts_diff(lines, first) and any(
        line.startswith(("@@", "rename to ", "deleted file ", "+++ ")) for line in lines
    )


def read_diff(
    lines: Sequence[str],
    place: int,
    *,
    known: Collection[str],
    path: str | None = None,
    fenced: bool = True,
) -> tuple[list[Edit], int]:
    """Read a diff.

    Args:
        lines: the diff; if it is not fenced, all that follows as well.
        place: line of the answer with the first of them, from 1.
        known: paths of the repository.
        path: the file, for hunks without a header of their own.
        fenced: whether all lines are the diff.

    Returns:
        Its edits, and the index of the line after it.

    Raises:
        ValueError: the diff cannot be understood.
    """
    files: list[_FileDiff] = []
    index = 0
    while index < len(lines):
        line, here = lines[index], place + index
        if unsupported := _UNSUPPORTED.match(line):
            raise ValueError(
                f"line {here} of the answer has {unsupported[0].strip()!r}, which is not "
                f"understood here:\n{quoted([line])}\nGive the whole file instead."
            )
        if line.startswith("diff --git ") or is_file_header(lines, index):
            index = _open_file(files, lines, index, here)
        elif line.startswith(("rename from ", "rename to ")) and files:
            _rename(files[-1], line)
            index += 1
        elif line.startswith("@@") or (fenced and not files and line[:1] in ("-", "+", " ")):
            if not files:
                files.append(_FileDiff(here, path or "", path or ""))
            hunk, index = read_hunk(lines, index, here, fenced=fenced)
            files[-1].hunks.append(hunk)
        elif _SKIPPED.match(line) or not line.strip() or (fenced and not files):
            index += 1  # a blank line, or a letter's head above the first file
        elif fenced:
            raise ValueError(
                f"line {here} of the answer belongs to no hunk of the diff:\n{quoted([line])}\n"
                f"Begin each hunk with a line `@@ … @@`."
            )
        else:
            break
    return [edit for file in files for edit in _edits_of(file, known)], index


def _open_file(files: list[_FileDiff], lines: Sequence[str], index: int, place: int) -> int:
    if not is_file_header(lines, index):
        # The names on this line are repeated below it, unless nothing in the file changes.
        found = re.fullmatch(r"diff --git (\S+) (\S+)", lines[index])
        old, new = (found[1], found[2]) if found else ("", "")
        deleted = any(line.startswith("deleted file ") for line in lines[index + 1 : index + 3])
        new = _NOTHING if deleted else new
        files.append(_FileDiff(place, old, new, waits_for_header=True))
        return index + 1
    old, new = (_header_path(line) for line in lines[index : index + 2])
    if files and files[-1].waits_for_header:
        files[-1].old, files[-1].new, files[-1].waits_for_header = old, new, False
    else:
        files.append(_FileDiff(place, old, new))
    return index + 2


def _header_path(line: str) -> str:
    """The path behind `---` or `+++`, without a time and quotation marks."""
    return line[4:].split("\t", maxsplit=1)[0].strip().strip('"')


def _rename(file: _FileDiff, line: str) -> None:
    kind, path = line.split(" ", 2)[1:]
    if kind == "to":
        file.renamed_to = path.strip()
    else:
        file.old = f"a/{path.strip()}"


def _edits_of(file: _FileDiff, known: Collection[str]) -> list[Edit]:
    if file.new == _NOTHING:
        path = _without_prefix(file.old, _NOTHING, known)
        old = tuple(text for hunk in file.hunks for sign, text in hunk.lines if sign != "+")
        return [Deletion(path, file.place, old)]
    path = _path_of(file, known)
    edits: list[Edit] = []
    if file.renamed_to:
        edits.append(Move(path, file.place, tidy_path(file.renamed_to)))
    fresh = file.old == _NOTHING or (path not in known and not file.renamed_to)
    for hunk in file.hunks:
        if fresh and all(sign == "+" for sign, _ in hunk.lines):
            text = "\n".join(line for _, line in hunk.lines) + ("\n" if hunk.newline else "")
            edits.append(WholeFile(path, hunk.place, text, fresh=True))
        else:
            edits.append(Replacement(path, hunk.place, hunk.lines, hunk.start))
    if not edits:
        raise ValueError(
            f"the diff of {path!r} at line {file.place} of the answer changes nothing; give its "
            f"hunks, or leave it out"
        )
    return edits


def _path_of(file: _FileDiff, known: Collection[str]) -> str:
    if not file.old and not file.new:
        raise ValueError(
            f"the hunk at line {file.place} of the answer says not which file it is about; write "
            f"the lines `--- a/<path>` and `+++ b/<path>` above it"
        )
    if file.renamed_to:
        return _without_prefix(file.old, _NOTHING, known)
    new = _without_prefix(file.new, file.old, known)
    if file.old == _NOTHING:
        return new
    old = _without_prefix(file.old, file.new, known)
    if old == new or (old not in known and new in known):
        return new  # the old one may be a name of convenience such as `app/due.py.orig`
    raise ValueError(
        f"the diff at line {file.place} of the answer names two files, {old!r} and {new!r}; write "
        f"the same path in both lines, or `rename from` and `rename to`"
    )


def _without_prefix(path: str, other: str, known: Collection[str]) -> str:
    """A path without git's `a/` or `b/`, unless that is a folder of the repository."""
    bare = _PREFIX.sub("", tidy_path(path))
    if (path in known) != (bare in known):
        return path if path in known else bare
    as_git = other == _NOTHING or (other[:2] != path[:2] and _PREFIX.sub("", other) == bare)
    return bare if as_git else tidy_path(path)
