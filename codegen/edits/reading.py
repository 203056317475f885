"""Reads the edits out of a model's answer: search/replace blocks, unified diffs, whole files."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from codegen.code_blocks import closing_fence, plain_lines, without_reasoning
from codegen.edits.edit import Edit, Edits, WholeFile, quoted
from codegen.edits.labels import comment_path, info_path, label_path, mentioned_path
from codegen.edits.search_blocks import REPLACE, SEARCH, search_block_end, search_edit
from codegen.edits.unified_diff import looks_like_diff, read_diff, starts_diff

_OPENING = re.compile(r"^(?P<margin> {0,3})(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)$")
_HUNK = re.compile(r"^@@ .*@@")
_NO_CHANGE = re.compile(r"^[*_`\s]*NO CHANGE[*_`]*:[*_`]*\s*(?P<why>.*)$")
_DIFFS = frozenset({"diff", "patch", "udiff"})
_SHOWN_ONLY = frozenset({"bash", "sh", "shell", "console", "text", "txt", "output", "log", "zsh"})
_FORMS = (
    "answer with search/replace blocks below the path of the file, a unified diff, or whole files "
    "in fenced blocks with the path behind the opening fence"
)


def read_edits(answer: str, known_paths: Collection[str]) -> Edits:
    """Read what an answer wants changed.

    The three forms may be mixed, with prose around them and fences of any length. A search/replace
    block without a path is about the file of the block before it. Blocks that name no file are
    taken for illustrations, unless other blocks of the answer are whole files.

    Args:
        answer: what the model said.
        known_paths: paths of the repository, by which a path is told from another word.

    Returns:
        The edits, or why the answer wants none (`NO CHANGE:`).

    Raises:
        ValueError: the answer has no edits, or some that cannot be understood; the message quotes
            the place and says what to write instead.
    """
    told = without_reasoning(answer)
    skipped = answer.count("\n") - told.count("\n")
    return _Reader(plain_lines(told), skipped + 1, frozenset(known_paths)).read()


@dataclass
class _Fence:
    """The block that is open.

    Attributes:
        start: index of the line that opens it.
        margin: number of spaces before it, which its lines may have too.
        info: what stands behind the fence.
        above: the last line before it that is not blank.
        body: its lines up to now, but for those of search/replace blocks.
        searches: whether it holds search/replace blocks.
    """

    start: int
    margin: int
    info: str
    above: str
    closing: re.Pattern[str]
    body: list[str] = field(default_factory=list[str])
    searches: bool = False

    @property
    def is_diff(self) -> bool:
        return self.info.lower().split(" ")[0].split(":")[0] in _DIFFS

    def closes(self, line: str) -> bool:
        """Whether a line is its end; within a diff, one with a space before it is context."""
        if self.is_diff and line.startswith(" " * (self.margin + 1)):
            return False
        return bool(self.closing.match(line))


class _Reader:
    """Goes through an answer once, line by line."""

    def __init__(self, lines: Sequence[str], first: int, known: frozenset[str]) -> None:
        self._lines, self._first, self._known = lines, first, known
        self._edits: list[Edit] = []
        self._unnamed: list[tuple[int, list[str]]] = []
        self._fence: _Fence | None = None
        self._above, self._last_path = "", ""
        self._no_change: str | None = None
        self._whole_files, self._doubtful = False, False

    def read(self) -> Edits:
        index = 0
        while index < len(self._lines):
            index = self._read_from(index)
        if self._fence is not None:
            raise ValueError(
                f"the block that opens at line {self._place(self._fence.start)} of the answer is "
                f"not closed:\n{quoted([self._lines[self._fence.start]])}\nClose it with the same "
                f"fence; around text that has such fences itself, use a longer one."
            )
        return self._result()

    def _place(self, index: int) -> int:
        return self._first + index

    def _read_from(self, index: int) -> int:
        """Read what begins at a line; returns the index of the line after it."""
        line, fence = self._lines[index], self._fence
        search = SEARCH.match(line)
        if search and (search["mark"][0] == "<" or not (fence and fence.is_diff)):
            return self._read_search(index, search["rest"].strip())
        self._refuse_remains(index)
        if fence is not None:
            self._continue_fence(fence, line)
            return index + 1
        if opening := _OPENING.match(line):
            self._fence = _Fence(
                start=index,
                margin=len(opening["margin"]),
                info=opening["info"].strip(),
                above=self._above,
                closing=closing_fence(line),
            )
            self._above = ""
            return index + 1
        if starts_diff(self._lines, index):
            edits, length = read_diff(
                self._lines[index:], self._place(index), known=self._known, fenced=False
            )
            self._edits += edits
            return index + length
        if self._no_change is None and (found := _NO_CHANGE.match(line)):
            self._no_change = found["why"].strip() or "no reason is given"
        self._above = line if line.strip() else self._above
        return index + 1

    def _refuse_remains(self, index: int) -> None:
        """Refuse what is left of an edit whose beginning is lost: part of the answer is no answer.

        Raises:
            ValueError: the line is such a remnant.
        """
        line = self._lines[index]
        if REPLACE.match(line) and not (self._fence and self._fence.is_diff):
            missing = "the line `<<<<<<< SEARCH` of its block is missing"
        elif _HUNK.match(line) and self._fence is None:
            missing = "no file is named above the hunk"
        else:
            return
        raise ValueError(
            f"line {self._place(index)} of the answer stands alone, {missing}:\n"
            f"{quoted(self._lines[max(0, index - 3) : index + 1])}\nGive the whole edit."
        )

    def _read_search(self, index: int, behind: str) -> int:
        place = self._place(index)
        divider, end = search_block_end(self._lines, index, place)
        path = self._search_path(behind)
        if path is None:
            raise ValueError(
                f"the search/replace block at line {place} of the answer names no file:\n"
                f"{quoted(self._lines[index : index + 3])}\n"
                f"Write the path on a line of its own above it."
            )
        search, replace = self._lines[index + 1 : divider], self._lines[divider + 1 : end]
        self._edits.append(search_edit(path, place, search, replace))
        self._above, self._last_path = "", path
        if self._fence is not None:
            self._fence.searches = True
        return end + 1

    def _search_path(self, behind: str) -> str | None:
        """The path of a search/replace block, from what is nearest to it."""
        fence = self._fence
        inside = next((line for line in reversed(fence.body) if line.strip()), "") if fence else ""
        texts = [behind, inside or self._above] if fence is None or inside else [behind]
        for text in texts:
            path = label_path(text, self._known, surely=True) or comment_path(text, self._known)
            if path:
                return path
        if fence is not None:
            path = info_path(fence.info, self._known)
            path = path or label_path(fence.above, self._known, surely=True)
            path = path or mentioned_path(fence.above, self._known)
        else:
            path = mentioned_path(self._above, self._known)
        return path or self._last_path or None

    def _continue_fence(self, fence: _Fence, line: str) -> None:
        if not fence.closes(line):
            margin = len(line[: fence.margin]) - len(line[: fence.margin].lstrip(" "))
            fence.body.append(line[margin:])
            return
        self._fence, self._above = None, ""
        if fence.searches:
            self._check_container(fence)
        else:
            self._read_block(fence)

    def _check_container(self, fence: _Fence) -> None:
        rest = [line for line in fence.body if line.strip()]
        for line in rest:
            path = label_path(line, self._known, surely=True) or comment_path(line, self._known)
            if path is None:
                raise ValueError(
                    f"the block at line {self._place(fence.start)} of the answer has "
                    f"search/replace blocks and other text:\n{quoted([line])}\n"
                    f"Write nothing but paths between them."
                )

    def _read_block(self, fence: _Fence) -> None:
        place = self._place(fence.start)
        named = info_path(fence.info, self._known) or label_path(fence.above, self._known)
        diff_file = named is not None and named.endswith((".diff", ".patch"))
        if fence.is_diff or (not diff_file and looks_like_diff(fence.body)):
            path = named or mentioned_path(fence.above, self._known)
            edits, _ = read_diff(fence.body, place + 1, known=self._known, path=path)
            self._edits += edits
            return
        named = named or comment_path(next(iter(fence.body), ""), self._known)
        if named is None:
            self._add_unnamed(fence)
            return
        text = "".join(f"{line}\n" for line in fence.body)
        self._edits.append(WholeFile(named, place, text))
        self._last_path, self._whole_files = named, True

    def _add_unnamed(self, fence: _Fence) -> None:
        """Remember a block that may be an illustration, or an edit whose file is not known."""
        self._doubtful |= label_path(fence.above, self._known, surely=True) is not None
        if self._doubtful or fence.info.lower().split(" ")[0] not in _SHOWN_ONLY:
            self._unnamed.append((self._place(fence.start), fence.body))

    def _result(self) -> Edits:
        if self._unnamed and (self._whole_files or self._doubtful or not self._edits):
            place, body = self._unnamed[-1 if self._doubtful else 0]
            raise ValueError(
                f"the block at line {place} of the answer names no file:\n{quoted(body[:4])}\n"
                f"Write its path behind the opening fence; for a text with fences of its own, use "
                f"a longer fence."
            )
        if self._edits and self._no_change is not None:
            raise ValueError(
                "the answer says `NO CHANGE:` and has edits; answer with the one or the other"
            )
        if not self._edits and self._no_change is None:
            raise ValueError(f"the answer has no edit that can be recognised; {_FORMS}")
        return Edits(tuple(self._edits), self._no_change or "")
