"""Makes boxes in a worker's container and says how that went; run there, not imported."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from core.settings import SandboxLimits
from providers.sandbox.choice import choose_sandbox

CODE = """
import os, socket
def refused(action):
    try: action()
    except OSError: return True
print(os.path.exists('/worker-secret'), 'WORKER_KEY' in str(open('/proc/self/environ').read()),
      sum(name.isdigit() for name in os.listdir('/proc')) < 10,
      refused(lambda: socket.create_connection(('127.0.0.1', int(os.environ['PORT'])), 3)))
"""


async def main() -> None:
    """Choose as a build does, then run a command that looks around."""
    sandbox = choose_sandbox("auto", "no-such-image")
    reason = await sandbox.usable()
    told = {"reason": reason, "name": sandbox.name}
    if reason is None:
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        interpreter = await sandbox.interpreter()
        with tempfile.TemporaryDirectory() as folder:
            run = await sandbox.run(
                (interpreter.program, "-c", CODE),
                folder=Path(folder),
                environment={"PORT": str(server.sockets[0].getsockname()[1])},
                limits=SandboxLimits(seconds=20),
                read_only=interpreter.mounts,
            )
        told |= {"output": run.output, "exit_code": str(run.exit_code)}
    json.dump(told, sys.stdout)


asyncio.run(main())
