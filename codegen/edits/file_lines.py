"""Takes a text apart into lines, and puts lines together with the ends that the text had."""

from collections.abc import Sequence
from dataclasses import dataclass

_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True)
class FileLines:
    r"""A text in lines.

    Attributes:
        mark: the byte order mark, where the text begins with one.
        lines: the lines without their ends.
        ends: the end of each, `\n` or `\r\n`; of the last one also nothing.
    """

    mark: str
    lines: tuple[str, ...]
    ends: tuple[str, ...]

    @property
    def usual_end(self) -> str:
        """The end that most lines have."""
        return "\r\n" if self.ends.count("\r\n") > self.ends.count("\n") else "\n"

    def joined(self, lines: Sequence[tuple[str, str | None]]) -> str:
        """Put lines together as a new text of the same file.

        The last line has an end if the file's last line has one. A file without lines gets one.

        Args:
            lines: lines with their ends; `None` for the end that most have.
        """
        usual = self.usual_end
        parts = [text + (end or usual) for text, end in lines]
        if parts and self.ends and not self.ends[-1]:
            parts[-1] = lines[-1][0]
        return self.mark + "".join(parts)


def split_text(text: str) -> FileLines:
    r"""Take a text apart at `\n` and `\r\n`; other characters that can end lines do not here."""
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    pieces = text.removeprefix(mark).split("\n")
    unended = pieces.pop()
    whole = [(line[:-1], "\r\n") if line.endswith("\r") else (line, "\n") for line in pieces]
    pairs = [*whole, (unended, "")] if unended else whole
    return FileLines(mark, tuple(line for line, _ in pairs), tuple(end for _, end in pairs))
