"""Says whether a container is well: exits with 0, or with 1 and the reason.

    health.py [URL]

Asks the URL, and is well when it answers 200. Without one it asks Prefect's API, which every build
has to reach. Only the standard library, so that a check costs little.
"""

import os
import sys
import urllib.error
import urllib.request

_SECONDS = 8


def unwell(url: str) -> str | None:
    """Why the URL does not answer with 200; `None` where it does."""
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 -- ours to say
            return None if answer.status == 200 else f"{url} answers {answer.status}"
    except (urllib.error.URLError, OSError, ValueError) as error:
        return f"{url} does not answer: {error}"


def main(arguments: list[str]) -> int:
    """Ask, and tell what is wrong."""
    url = arguments[0] if arguments else f"{os.environ.get('PREFECT_API_URL', '')}/health"
    reason = unwell(url)
    if reason:
        sys.stderr.write(f"{reason}\n")
    return 1 if reason else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
