"""A `.env` file is parsed once for each change."""

import copy
import os
import pickle
import threading
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from providers.secrets import env_file as module
from providers.secrets.env_file import EnvFile

SECRET = "sk-4f1c-planted"


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every file that is parsed."""
    files: list[Path] = []
    parse = EnvFile._parsed  # pyright: ignore[reportPrivateUsage] -- counted, and then called

    def counted(self: EnvFile) -> object:
        files.append(self.path)
        return parse(self)

    monkeypatch.setattr(module.EnvFile, "_parsed", counted)
    return files


def test_is_parsed_again_only_when_it_has_changed(tmp_path: Path, parsed: list[Path]) -> None:
    path = tmp_path / ".env"
    path.write_text("KEY=first\n")
    file = EnvFile(path)
    assert [file.read()["KEY"] for _ in range(5)] == ["first"] * 5
    assert len(parsed) == 1
    path.write_text("KEY=longer\n")
    assert file.read()["KEY"] == file.read()["KEY"] == "longer"
    assert len(parsed) == 2


def test_a_file_of_the_same_size_and_time_that_took_its_place_is_seen(tmp_path: Path) -> None:
    path, other = tmp_path / ".env", tmp_path / "other"
    path.write_text("KEY=first\n")
    other.write_text("KEY=other\n")
    times = path.stat()
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    file = EnvFile(path)
    assert file.read() == {"KEY": "first"}
    other.replace(path)
    assert file.read() == {"KEY": "other"}


def test_it_may_come_and_go(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    file = EnvFile(path)
    assert file.read() == {}
    path.write_text("KEY=first\n")
    assert file.read() == {"KEY": "first"}
    path.unlink()
    assert file.read() == {}


def test_a_pipe_is_read_every_time(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    os.mkfifo(path)
    file = EnvFile(path)
    for value in ("first", "other"):
        writer = threading.Thread(target=path.write_text, args=(f"KEY={value}\n",))
        writer.start()
        assert file.read() == {"KEY": value}
        writer.join()


def test_a_file_that_is_not_text_is_refused_without_showing_it(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(f"KEY={SECRET}\n".encode() + b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="is not UTF-8 text") as caught:
        EnvFile(path).read()
    assert caught.value.__cause__ is None
    assert SECRET not in str(caught.value)


def test_a_file_that_cannot_be_reached_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"cannot read .*: Not a directory"):
        EnvFile(tmp_path / "file" / ".env").read()


def test_a_file_that_cannot_be_opened_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".env"
    path.write_text("KEY=first\n")

    def closed(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(module, "DotEnvSettingsSource", closed)
    with pytest.raises(ConfigurationError, match=r"cannot read .*: Permission denied"):
        EnvFile(path).read()


def test_values_stay_in_the_process(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(f"KEY={SECRET}\n")
    file = EnvFile(path)
    assert file.read() == {"KEY": SECRET}
    assert repr(file) == f"EnvFile({str(path)!r})"
    for attempt in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="secrets stay in their process"):
            attempt(file)
