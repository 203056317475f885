"""The part of a report that says which requirement changed which file."""

from core.artifacts.build_report import ChangedFiles, ChangeSummary
from core.markdown import code, plain, table

_FILES_SHOWN = 20


def change_section(change: ChangeSummary) -> str:
    """What a build changed of the one that it began from."""
    asked = "\n".join(f"- {plain(text)}" for text in change.asked)
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
    head = ("requirement or entity", "is", "files added", "files changed", "files removed")
    parts = [f"It changes the build {code(change.baseline)}."]
    parts += [f"In the questionnaire:\n\n{asked}"] if asked else []
    parts += [table(head, rows).rstrip()] if rows else ["No requirement and no entity changed."]
    parts.append(f"{change.kept} files stayed as they were.")
    return "\n\n".join(parts)


def _cells(files: ChangedFiles) -> tuple[str, str, str]:
    return (_cell(files.added), _cell(files.changed), _cell(files.removed))


def _cell(paths: tuple[str, ...]) -> str:
    shown = ", ".join(code(path).replace("|", "\\|") for path in paths[:_FILES_SHOWN])
    more = len(paths) - _FILES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown or "–"
