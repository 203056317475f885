"""Takes secrets out of text that people are shown."""

from collections.abc import Callable, Iterable

REDACTED = "[key]"
SHORTEST_SECRET = 6
"""Shorter ones are placeholders such as "none", and ordinary text is full of them."""


class Redaction:
    """Replaces every known secret by `[key]`.

    Args:
        secrets: the secrets as they are now, because keys are rotated; asked for each text.
    """

    def __init__(self, secrets: Callable[[], Iterable[str | None]]) -> None:
        self._secrets = secrets

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        return redacted(text, self._secrets())


def redacted(text: str, secrets: Iterable[str | None], *, shortest: int = SHORTEST_SECRET) -> str:
    """The text with `[key]` in place of each secret; of two that overlap, the longer goes first.

    Args:
        text: what people are shown.
        secrets: what they are not.
        shortest: secrets of fewer characters are left in.
    """
    known = {secret for secret in secrets if secret and len(secret) >= shortest}
    for secret in sorted(known, key=lambda secret: (-len(secret), secret)):
        text = text.replace(secret, REDACTED)
    return text
