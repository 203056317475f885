"""The part of a report that says which requirement changed which file."""

from core.artifacts.build_report import ChangedFiles, ChangeSummary
from core.markdown import code, plain, table

_FILES_SHOWN = 20
_FILES = ("files added", "files changed", "files removed")
_ANEW = (
    "What that concerns cannot be told, so all was asked as for a new product and requirements are "
    "numbered anew: which of them changed which file cannot be told either."
)


def change_section(change: ChangeSummary) -> str:
    """What a build changed of the one that it began from."""
    asked = "\n".join(f"- {plain(text)}" for text in change.asked)
    parts = [f"It changes the build {code(change.baseline)}."]
    parts += [f"In the questionnaire:\n\n{asked}"] if asked else []
    parts += _files_anew(change) if change.anew else _files_by_item(change)
    parts.append(f"{change.kept} files stayed as they were.")
    if change.left:
        left = "\n".join(f"- {text}" for text in change.left)
        parts.append(f"Left over, for you to take away or to keep:\n\n{left}")
    return "\n\n".join(parts)


def _files_anew(change: ChangeSummary) -> list[str]:
    """Files alone: requirements of another numbering cannot be told to be the same."""
    parts = [_ANEW]
    if change.others.paths:
        parts.append(table(_FILES, [_cells(change.others)]).rstrip())
    return parts


def _files_by_item(change: ChangeSummary) -> list[str]:
    rows = [
        (
            f"{plain(line.item)}: {plain(line.title)}" if line.title else plain(line.item),
            line.how,
            *_cells(line.files),
        )
        for line in change.lines
    ]
    if change.others.paths:
        rows.append(("other files, which follow", "–", *_cells(change.others)))
    if not rows:
        return ["No requirement and no entity changed."]
    return [table(("requirement or entity", "is", *_FILES), rows).rstrip()]


def _cells(files: ChangedFiles) -> tuple[str, str, str]:
    return (_cell(files.added), _cell(files.changed), _cell(files.removed))


def _cell(paths: tuple[str, ...]) -> str:
    shown = ", ".join(code(path).replace("|", "\\|") for path in paths[:_FILES_SHOWN])
    more = len(paths) - _FILES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown or "–"
