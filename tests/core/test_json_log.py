import json
import logging
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.json_log import JsonLines
from core.log_context import logged_about
from core.log_secrets import hide_from_log


def formatted(message: str, *arguments: object, **extra: object) -> dict[str, Any]:
    record = logging.LogRecord("tasks.x", logging.INFO, "x.py", 1, message, arguments, None)
    vars(record).update(extra)
    line = JsonLines().format(record)
    assert "\n" not in line
    return json.loads(line)


def test_a_line_has_time_level_logger_and_message() -> None:
    line = formatted("%d files of %s", 3, "a\nb")
    assert line.pop("message") == "3 files of a\nb"
    moment = datetime.fromisoformat(line.pop("timestamp"))
    assert moment.utcoffset() == timedelta(0)
    assert line == {"level": "INFO", "logger": "tasks.x"}


def test_what_a_line_is_about_nests_and_ends() -> None:
    with logged_about(build_id="b-1", project="p", trace_id=""):
        with logged_about(stage="7"), logged_about(file="a.py"):
            inner = formatted("x")
        outer = formatted("x")
    about = {"build_id": "b-1", "project": "p"}
    assert inner.items() >= {**about, "stage": "7", "file": "a.py"}.items()
    assert outer.items() >= about.items()
    assert not {"stage", "file", "trace_id"} & outer.keys()
    assert "build_id" not in formatted("x")


def test_prefects_ids_are_told_where_they_are_some_and_other_extras_never() -> None:
    line = formatted("x", flow_run_id="f", task_run_id="null", task_run_name=None, secret="k")
    assert line.items() >= {"flow_run_id": "f"}.items()
    assert not {"task_run_id", "task_run_name", "secret"} & line.keys()


def test_an_exception_is_one_field() -> None:
    with pytest.raises(ValueError, match="invalid literal") as caught:
        int("broken")
    line = formatted("x", exc_info=(caught.type, caught.value, caught.tb))
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("base 10: 'broken'")


def test_where_a_line_was_logged_is_a_field_where_it_is_asked_for() -> None:
    assert formatted("x", stack_info="Stack (most recent call last):\n  here")["stack"].endswith(
        "here"
    )


def test_known_secrets_are_taken_out_of_every_field() -> None:
    hide_from_log('hush"1')
    with pytest.raises(ValueError, match="invalid literal") as caught:
        int('hush"1')
    failed = (caught.type, caught.value, caught.tb)
    line = formatted('%s and hush"1', 'hush"1', exc_info=failed, flow_run_name='hush"1')
    with logged_about(file='hush"1'):
        about = formatted("x")
    assert line["message"] == "[key] and [key]"
    assert "[key]" in line["exception"]
    assert line["flow_run_name"] == about["file"] == "[key]"
    assert 'hush"1' not in json.dumps([line, about])


def test_what_has_the_form_of_a_secret_is_taken_out() -> None:
    assert formatted("redis://me:p4ss@host/0")["message"] == "redis://me:[password]@host/0"


@given(st.text(), st.text())
def test_any_text_is_one_line_of_json(message: str, project: str) -> None:
    with logged_about(project=project):
        record = logging.makeLogRecord({"name": "x", "msg": message, "levelname": "INFO"})
        line = JsonLines().format(record)
    assert line.isascii()
    assert len(line.splitlines()) == 1
    told = json.loads(line)
    if "://" not in message + project:
        assert (told["message"], told.get("project", "")) == (message, project)
