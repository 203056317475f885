"""Names findings of the scan for secrets, so that an operator can allow what is none."""

import hashlib
import re

from providers.vcs.secret_scan import HELD, SecretFinding
from providers.vcs.tree import TreeFile

_PRIVATE_KEY = "Private Key"
_BYTES = 8
_COST = {"n": 2**14, "r": 8, "p": 1}
"""Of scrypt: 16 MB and about 40 ms a finding, so that nobody tries words until one fits."""

_OTHER_ENDS = re.compile("[\v\f\x1c-\x1e\x85\u2028\u2029]")
"""Ends of lines for Python and not for the scanner, which then counts lines in another way."""


def fingerprint(finding: SecretFinding, file: TreeFile) -> str | None:
    """16 hexadecimal digits for the kind, the path and the line's text, wherever the line stands.

    Of a private key, whose first line says nothing, the file's whole text counts. It takes a while.

    Args:
        finding: what was found.
        file: where.

    Returns:
        `None` for a secret of this system: that is one, whatever an operator says.
    """
    if finding.kind == HELD:
        return None
    text = file.content.decode(errors="replace")
    lines = text.splitlines()
    is_whole = finding.kind == _PRIVATE_KEY or _OTHER_ENDS.search(text) is not None
    subject = text if is_whole or finding.line > len(lines) else lines[finding.line - 1].strip()
    salt = f"{finding.kind}\0{finding.path}"
    return hashlib.scrypt(subject.encode(), salt=salt.encode(), dklen=_BYTES, **_COST).hex()
