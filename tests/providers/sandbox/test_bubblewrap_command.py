from collections.abc import Sequence
from pathlib import Path

import pytest

from core.settings import SandboxLimits
from providers.sandbox import bubblewrap_command as module
from providers.sandbox.box_bounds import OWNER, box_user
from providers.sandbox.bubblewrap_command import (
    UNPRIVILEGED,
    Box,
    Descriptors,
    bubblewrap_command,
    variable_options,
)


def command_line(tree: Path, *, root: bool = True) -> list[str]:
    box = Box(
        tree=tree,
        environment={"A": "1 --bind / /"},
        limits=SandboxLimits(seconds=1.5),
        read_only={"/deep/inside/data": Path("/some/data")},
        user=box_user(0) if root else UNPRIVILEGED,
        root=root,
        writable={"/made": Path("/some/made")},
        outlet=Path("/some/socket"),
    )
    descriptors = Descriptors(info=7, block=8, variables=6, seccomp=9)
    return bubblewrap_command(
        Path("/bin/bwrap"), box, ["say", "; $(x)"], files=Path("/files"), descriptors=descriptors
    )


def contains(line: list[str], words: Sequence[str]) -> bool:
    return any(line[at : at + len(words)] == list(words) for at in range(len(line)))


def test_what_varies_is_an_argument_of_its_own(tmp_path: Path):
    line = command_line(tmp_path)
    assert line[-2:] == ["say", "; $(x)"]
    assert contains(line, ["--clearenv"])


def test_variables_are_not_on_the_command_line(tmp_path: Path):
    line = command_line(tmp_path)
    assert contains(line, ["--args", "6"])
    assert "--setenv" not in line
    assert variable_options({"A": "1 --bind / /", "B": ""}) == (
        b"--setenv\0A\x001 --bind / /\0--setenv\0B\0\0"
    )


def test_root_becomes_another_user_and_keeps_no_capability(tmp_path: Path):
    line = command_line(tmp_path)
    assert contains(line, ["--cap-drop", "ALL"])
    assert contains(line, ["setpriv", "--reuid", "61185", "--regid", "61185", "--clear-groups"])
    assert "--unshare-user" not in line


def test_an_ordinary_user_gets_a_user_namespace_and_no_other_after_it(tmp_path: Path):
    line = command_line(tmp_path, root=False)
    assert contains(line, ["--unshare-user", "--disable-userns", "--uid", "65534"])
    assert "setpriv" not in line


def test_the_network_is_cut_off(tmp_path: Path):
    assert "--unshare-net" in command_line(tmp_path)


def test_what_programs_of_ours_are_given_is_writable_or_the_way_out(tmp_path: Path):
    line = command_line(tmp_path)
    assert contains(line, ["--bind", "/some/made", "/made"])
    assert contains(line, ["--ro-bind", "/some/socket", "/outlet"])


def test_a_fraction_of_a_second_is_rounded_up_for_the_processor_time(tmp_path: Path):
    assert "--cpu=2" in command_line(tmp_path)


def test_folders_on_the_way_to_a_mount_are_made_first(tmp_path: Path):
    assert contains(
        command_line(tmp_path),
        ["--dir", "/deep", "--dir", "/deep/inside", "--ro-bind", "/some/data", "/deep/inside/data"],
    )


def test_a_filter_is_loaded_where_there_is_one(tmp_path: Path):
    assert contains(command_line(tmp_path), ["--seccomp", "9"])


@pytest.mark.parametrize(("made", "hidden"), [("folder", True), ("link", False), ("file", False)])
def test_a_history_is_hidden(tmp_path: Path, made: str, hidden: bool):
    history = tmp_path / ".git"
    if made == "folder":
        history.mkdir()
    elif made == "link":
        history.symlink_to(tmp_path)
    else:
        history.touch()
    assert contains(command_line(tmp_path), ["--tmpfs", "/source/.git"]) is hidden


def test_system_folders_are_links_or_folders_as_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "lib").mkdir()
    (tmp_path / "bin").symlink_to("usr/bin")
    folders = [str(tmp_path / name) for name in ("bin", "lib", "lib64")]
    monkeypatch.setattr(module, "_SYSTEM_LINKS", folders)
    line = command_line(tmp_path)
    assert contains(line, ["--symlink", "usr/bin", folders[0]])
    assert contains(line, ["--ro-bind", folders[1], folders[1]])
    assert folders[2] not in line


@pytest.mark.parametrize("number", [0, 1, 4334, 4335, 2**32 - 1])
def test_boxes_of_root_use_ids_of_the_range_for_short_lived_services(number: int):
    assert OWNER < box_user(number) <= 65519
