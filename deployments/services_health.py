"""Says whether Prefect's background services of this container are at work: exits with 0 or 1.

    python -m deployments.services_health

They listen on no port. Their worker tells Redis again and again that it lives; this asks when it
last did.
"""

import asyncio
import os
import socket
import sys
from datetime import UTC, datetime

from docket import Docket
from redis.exceptions import RedisError

_DOCKET = "prefect"  # as Prefect's services name it
_SECONDS = 60


async def unwell(url: str, host: str) -> str | None:
    """Why the services of a host are taken for dead; `None` where they are at work.

    Args:
        url: where they tell that they live.
        host: name of the host they run on.
    """
    async with Docket(name=_DOCKET, url=url) as docket:
        workers = await docket.workers()
    seen = [worker.last_seen for worker in workers if worker.name.startswith(f"{host}#")]
    if not seen:
        return f"no worker of {host} is known"
    age = (datetime.now(UTC) - max(seen)).total_seconds()
    return f"last heard of {age:.0f} s ago" if age > _SECONDS else None


def main() -> int:
    """Ask, and tell what is wrong."""
    url = os.environ.get("PREFECT_SERVER_DOCKET_URL", "")
    try:
        reason = asyncio.run(unwell(url, socket.gethostname()))
    except (RedisError, OSError) as error:
        reason = f"Redis cannot be asked: {type(error).__name__}: {error}"
    if reason:
        sys.stderr.write(f"{reason}\n")
    return 1 if reason else 0


if __name__ == "__main__":
    sys.exit(main())
