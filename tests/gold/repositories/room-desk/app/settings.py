"""What an operator can set, read from the environment."""

import os
from collections.abc import Mapping


def database_url(environment: Mapping[str, str] = os.environ) -> str:
    """Where records are kept: `DATABASE_URL`, or a file in the working folder."""
    return environment.get("DATABASE_URL") or "sqlite:///room-desk.db"
