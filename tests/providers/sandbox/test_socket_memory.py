"""What the kernel holds for a box's sockets counts as the box's memory."""

import pytest

from core.settings import SandboxLimits
from providers.sandbox.socket_memory import socket_memory
from tests.providers.sandbox.boxes import Boxes

FILL = """
import socket, time
kept = []
def fill(*ends):
    for end in ends:
        kept.append(end)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
        end.setblocking(False)
        try:
            while True: end.send(b'x' * 65536)
        except BlockingIOError: pass
"""
UNIX = "for _ in range(490): fill(*socket.socketpair())"
CLOSED = """
for _ in range(900):
    one, other = socket.socketpair()
    fill(one)
    one.close()
    kept.append(other)
"""
TCP = """
server = socket.create_server(('127.0.0.1', 0))
for _ in range(400): fill(socket.create_connection(server.getsockname()), server.accept()[0])
"""
SERVER = """
server = socket.create_server(('127.0.0.1', 0))
for _ in range(60): kept += [socket.create_connection(server.getsockname()), server.accept()[0]]
fill(*socket.socketpair())
time.sleep(0.5)
print('served')
"""


@pytest.mark.parametrize("code", [UNIX, CLOSED, TCP])
async def test_what_sockets_hold_is_bounded(boxes: Boxes, code: str):
    run = await boxes.python(
        f"{FILL}{code}\ntime.sleep(8)", limits=SandboxLimits(seconds=8, memory_mb=128)
    )
    assert run.ended_by == "memory", run


async def test_sixty_connections_are_no_reason_to_end_a_box(boxes: Boxes):
    run = await boxes.python(FILL + SERVER, limits=SandboxLimits(seconds=10, memory_mb=192))
    assert (run.ended_by, run.output) == ("exit", "served\n")


def test_a_process_that_has_ended_holds_nothing():
    assert socket_memory(2**22 + 1) == 0
