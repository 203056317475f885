"""Takes secrets out of text that people are shown."""

from collections.abc import Iterable

REDACTED = "[key]"
SHORTEST_SECRET = 6
"""Shorter ones are placeholders such as "none", and ordinary text is full of them."""


class Redaction:
    """Replaces every secret that it was told of by `[key]`.

    It is told of a key when the key is given out, and forgets none: what was never given out cannot
    come back, and an old text may hold the key of before a rotation. So nothing is looked up here.
    """

    def __init__(self) -> None:
        self._secrets: set[str] = set()

    def __repr__(self) -> str:
        return f"Redaction({len(self._secrets)} secrets)"

    def add(self, secret: str) -> None:
        """Take this secret out of every text from now on."""
        self._secrets.add(secret)

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        return redacted(text, tuple(self._secrets))  # other threads add some


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
