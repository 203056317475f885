import json
import os
import threading
from pathlib import Path

import pytest

from core.errors import InputError
from core.options import MAX_PARAMETERS
from flows.questionnaire_file import (
    MAX_BYTES,
    command_options,
    make_options,
    parse_pairs,
    read_questionnaire,
    read_text,
)


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "answers.json"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refused(folder: Path, content: str | bytes) -> str:
    with pytest.raises(InputError) as error:
        read_questionnaire(written(folder, content))
    return str(error.value)


def test_a_questionnaire_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, '{"projectName": "Tracker", "summary": "Keeps tasks."}')
    assert read_questionnaire(path).project_name == "Tracker"


def test_every_wrong_field_is_named_with_its_value(tmp_path: Path) -> None:
    answers = {"project_name": "", "summary": "x", "stack": {"backend": "cobol"}}
    said = refused(tmp_path, json.dumps(answers))
    assert "answers.json: project_name: String should have at least 1 character (not '')" in said
    assert "stack.backend: Input should be 'fastapi'" in said
    assert "(not 'cobol')" in said


def test_too_long_a_value_is_not_repeated(tmp_path: Path) -> None:
    said = refused(tmp_path, json.dumps({"project_name": "a", "summary": "x" * 60_001}))
    assert "summary" in said
    assert len(said) < 200


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"a":', "Invalid JSON"),
        ("[]", "Input should be an object"),
        (b"\xff\xfe", "not UTF-8 text"),
        (b" " * (MAX_BYTES + 1), "larger than 1,000,000 bytes"),
    ],
)
def test_what_is_no_questionnaire_is_refused(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    assert said in refused(tmp_path, content)


def test_a_missing_file_and_a_folder_are_refused_by_their_path(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json: No such file"):
        read_text(tmp_path / "none.json")
    with pytest.raises(InputError, match="Is a directory"):
        read_text(tmp_path)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    answers = b'\xef\xbb\xbf{"project_name": "Tracker", "summary": "Keeps tasks."}'
    assert read_questionnaire(written(tmp_path, answers)).project_name == "Tracker"


def test_ends_of_lines_are_read_alike(tmp_path: Path) -> None:
    assert read_text(written(tmp_path, "a\r\nb\nc")) == "a\nb\nc"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ('{"project_name": "a", "summary": "first", "summary": "last"}', "summary"),
        (
            '{"project_name": "a", "summary": "b", "features": [{"title": "x", "title": "y"}]}',
            "title",
        ),
    ],
)
def test_a_key_given_twice_is_refused_by_its_name(tmp_path: Path, content: str, key: str) -> None:
    assert f"answers.json: the key {key!r} is given twice" in refused(tmp_path, content)


def test_nesting_without_end_is_refused(tmp_path: Path) -> None:
    assert "recursion limit exceeded" in refused(tmp_path, "[" * 100_000)


def test_a_pipe_is_read_to_its_end_and_not_beyond_the_limit(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("some text",))
    writer.start()
    assert read_text(pipe) == "some text"
    writer.join()
    with pytest.raises(InputError, match="/dev/zero: larger than 524,288 bytes"):
        read_text(Path("/dev/zero"))


def test_an_artifact_may_be_as_long_as_what_a_run_can_be_given(tmp_path: Path) -> None:
    assert len(read_text(written(tmp_path, "x" * MAX_PARAMETERS))) == MAX_PARAMETERS
    with pytest.raises(InputError, match=r"larger than 524,288 bytes.* shorten it"):
        read_text(written(tmp_path, "x" * (MAX_PARAMETERS + 1)))


def test_options_are_refused_by_name() -> None:
    with pytest.raises(InputError, match="project_id"):
        make_options(project_id="Not A Slug")
    assert make_options(project_id="tracker").project_id == "tracker"


def test_pairs_are_split_at_the_first_equals_sign() -> None:
    assert parse_pairs("--model", ["3=a/b=c"], "K=V") == {"3": "a/b=c"}


@pytest.mark.parametrize("pair", ["3", "=a", "3="])
def test_half_a_pair_is_refused(pair: str) -> None:
    with pytest.raises(InputError, match="write it as K=V"):
        parse_pairs("--model", [pair], "K=V")


def test_the_same_key_twice_is_refused() -> None:
    with pytest.raises(InputError, match="'3' is given twice"):
        parse_pairs("--model", ["3=a/b", "3=c/d"], "K=V")


def test_options_of_the_command_are_read_with_their_files(tmp_path: Path) -> None:
    edited = written(tmp_path, "# Documentation")
    options = command_options(["all=auto"], [f"docs/docs.md={edited}"], response_cache=False)
    assert options.models == {"all": "auto"}
    assert options.use == {"docs/docs.md": "# Documentation"}
    assert not options.response_cache
    with pytest.raises(InputError, match=r"--use 'docs/docs\.md'"):
        command_options([], ["docs/docs.md"])
