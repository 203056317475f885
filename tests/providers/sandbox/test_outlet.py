import socket
import sys
import threading
from pathlib import Path

import pytest

from providers.sandbox import outlet


@pytest.fixture
def way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "outlet"))
    listener.listen()
    monkeypatch.setattr(outlet, "SOCKET", str(tmp_path / "outlet"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        monkeypatch.setattr(outlet, "PORT", free.getsockname()[1])
    return listener


def asking(code: str) -> list[str]:
    return [sys.executable, "-c", f"import socket, sys; port = {outlet.PORT}\n{code}"]


def test_a_command_reaches_what_is_behind_the_socket(way_out: socket.socket):
    got: list[bytes] = []

    def answer() -> None:
        with way_out, way_out.accept()[0] as connection:
            while chunk := connection.recv(1024):
                got.append(chunk)
            connection.sendall(b"from outside")

    thread = threading.Thread(target=answer)
    thread.start()
    code = outlet.main(
        asking(
            "with socket.create_connection(('127.0.0.1', port)) as c:\n"
            "    c.sendall(b'hello'); c.shutdown(socket.SHUT_WR)\n"
            "    sys.exit(0 if c.makefile('rb').read() == b'from outside' else 1)"
        )
    )
    thread.join()
    assert code == 0
    assert b"".join(got) == b"hello"


def test_where_the_way_out_is_closed_the_connection_ends(
    way_out: socket.socket, capsys: pytest.CaptureFixture[str]
):
    way_out.close()
    code = outlet.main(
        asking("sys.exit(len(socket.create_connection(('127.0.0.1', port)).recv(10)))")
    )
    assert code == 0
    assert "the way out is closed" in capsys.readouterr().err


def test_the_exit_code_is_the_commands_as_a_shell_gives_it(
    way_out: socket.socket, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    with way_out:
        assert outlet.main(["sh", "-c", "exit 7"]) == 7
    with socket.create_server(("127.0.0.1", 0)) as free:
        monkeypatch.setattr(outlet, "PORT", free.getsockname()[1])
    assert outlet.main(["sh", "-c", "kill -9 $$"]) == 137
    with socket.create_server(("127.0.0.1", 0)) as free:
        monkeypatch.setattr(outlet, "PORT", free.getsockname()[1])
    assert outlet.main(["/no/such/program"]) == 127
    assert "/no/such/program" in capsys.readouterr().err
