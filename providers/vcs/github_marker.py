"""Tells the repositories of a project from everybody else's."""

import hashlib
from collections.abc import Iterable

_DESCRIPTION_CHARACTERS = 350
_TOPIC = "app-builder-"


def described(description: str, project: str) -> str:
    """A repository's description that ends with the project's mark.

    It is set in the request that makes the repository, so that there is no moment without it.
    """
    mark = _mark(project)
    text = " ".join("".join(c if c.isprintable() else " " for c in description).split())
    room = _DESCRIPTION_CHARACTERS - len(mark) - 1
    shortened = text if len(text) <= room else f"{text[: room - 1].rstrip()}…"
    return f"{shortened} {mark}".strip()


def topic_of(project: str) -> str:
    """The topic by which a repository is known when somebody has rewritten its description."""
    return f"{_TOPIC}{hashlib.sha256(project.encode()).hexdigest()[:16]}"


def is_marked(description: str | None, topics: Iterable[str], project: str) -> bool:
    """Whether a repository is the project's own."""
    return (description or "").endswith(_mark(project)) or topic_of(project) in topics


def _mark(project: str) -> str:
    return f"[app-builder: {project}]"
