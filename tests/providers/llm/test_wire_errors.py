"""What goes wrong on the wire, as errors that name the provider and never show the key."""

import json
import pickle

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ModelError, ProviderBusyError, ProviderFailedError, RequestRefusedError
from providers.llm.wire_errors import (
    Caller,
    bounded,
    retry_after,
    stated_error,
    status_error,
    transport_error,
)

KEY = "sk-secret-0123456789"
CALLER = Caller("acme", "small", KEY)


def body(message: str, **more: object) -> bytes:
    return json.dumps({"error": {"message": message, **more}}).encode()


@pytest.mark.parametrize(
    ("status", "error_type"),
    [
        *((status, RequestRefusedError) for status in (301, 307, 400, 401, 402, 403, 404, 405)),
        *((status, RequestRefusedError) for status in (413, 415, 422)),
        *((status, ProviderFailedError) for status in (408, 409, 425, 500, 502, 504, 520, 599)),
        *((status, ProviderBusyError) for status in (429, 503, 529)),
    ],
)
def test_each_status_has_its_error(status: int, error_type: type[ModelError]) -> None:
    error = status_error(status, {}, body("no such thing"), CALLER)
    assert type(error) is error_type
    assert str(error).startswith(f"acme/small: HTTP {status}: no such thing")
    assert (error.provider, error.model) == ("acme", "small")


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (401, "check the key"),
        (404, "check the model's name"),
        (413, "too long"),
        (301, "check the base URL"),
        (402, "no credit"),
    ],
)
def test_the_message_says_what_to_do(status: int, hint: str) -> None:
    assert hint in str(status_error(status, {}, b"", CALLER))


def test_an_empty_account_is_not_waited_for() -> None:
    error = status_error(429, {}, body("pay first", code="insufficient_quota"), CALLER)
    assert isinstance(error, RequestRefusedError)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (b'{"error": {"message": "m"}}', "HTTP 400: m"),
        (b'{"error": "m"}', "HTTP 400: m"),
        (b'{"message": "m"}', "HTTP 400: m"),
        (b'{"detail": "m"}', "HTTP 400: m"),
        (b'{"detail": [{"loc": ["a"]}]}', 'HTTP 400: [{"loc": ["a"]}]'),
        (b'[{"error": {"message": "m", "code": 400}}]', "HTTP 400: m"),
        (b'{"weird": 1}', 'HTTP 400: {"weird": 1}'),
        (b"<html>\n <b>m</b>\x00\x1b[31m</html>", "HTTP 400: <html> <b>m</b> [31m</html>"),
        (b"[]", "HTTP 400: []"),
        (b"\xff\xfe", "HTTP 400: ��"),
        (b"[" * 10_000, "HTTP 400: " + "[" * 499 + "…"),
        (b"", "HTTP 400"),
    ],
)
def test_quotes_what_the_provider_said(said: bytes, shown: str) -> None:
    assert str(status_error(400, {}, said, CALLER)) == f"acme/small: {shown}"


@given(before=st.integers(0, 600), after=st.integers(0, 600))
def test_a_message_is_bounded_and_never_holds_the_key_or_a_part_of_it(
    before: int, after: int
) -> None:
    said = body("x" * before + KEY + "y" * after)
    for error in (
        status_error(401, {}, said, CALLER),
        status_error(429, {}, said, CALLER),
        stated_error(json.loads(said)["error"], {}, CALLER),
        transport_error(httpx.ReadError(said.decode()), CALLER),
    ):
        assert "sk-sec" not in str(error)
        assert len(str(error)) < 700


def test_a_short_key_is_a_placeholder_and_not_taken_out_of_words() -> None:
    error = status_error(400, {}, body("none of these"), Caller("acme", "small", "none"))
    assert "none of these" in str(error)


def test_the_caller_does_not_show_the_key() -> None:
    assert KEY not in repr(CALLER)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"Retry-After-Ms": "250", "Retry-After": "9"}, 0.25),
        ({"Retry-After": "-3"}, 0.0),
        (
            {
                "Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT",
                "Date": "Wed, 21 Oct 2015 07:27:30 GMT",
            },
            30.0,
        ),
        (
            {
                "Retry-After": "Wed, 21 Oct 2015 07:28:00 -0000",
                "Date": "Wed, 21 Oct 2015 07:27:30 GMT",
            },
            30.0,
        ),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({}, None),
    ],
)
def test_reads_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_a_busy_error_carries_the_wait_also_through_pickling() -> None:
    error = status_error(429, {"Retry-After": "12"}, body("slow down"), CALLER)
    assert "slow down (asked to wait 12 s)" in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, ProviderBusyError)
    assert (again.retry_after, str(again)) == (12.0, str(error))


@pytest.mark.parametrize(
    ("stated", "error_type"),
    [
        ({"code": 429, "message": "later"}, ProviderBusyError),
        ({"code": "503", "message": "later"}, ProviderBusyError),
        ({"status": 400, "code": "bad_request", "message": "later"}, RequestRefusedError),
        ({"code": "server_error", "message": "later"}, ProviderFailedError),
        ({"code": 7, "message": "later"}, ProviderFailedError),
        ({"code": None, "message": "later"}, ProviderFailedError),
        ({"code": float("inf"), "message": "later"}, ProviderFailedError),
        ("later", ProviderFailedError),
    ],
)
def test_an_error_inside_a_stream_has_the_error_of_its_code(
    stated: object, error_type: type[ModelError]
) -> None:
    error = stated_error(stated, {}, CALLER)
    assert type(error) is error_type
    assert "later" in str(error)


def test_a_refused_connection_is_busy_and_other_failures_to_connect_are_not() -> None:
    refused = httpx.ConnectError("All connection attempts failed")
    refused.__cause__ = OSError("all failed")
    refused.__cause__.__cause__ = ExceptionGroup("several", [ConnectionRefusedError(111, "no")])
    assert isinstance(transport_error(refused, CALLER), ProviderBusyError)
    unknown = transport_error(httpx.ConnectError("Name or service not known"), CALLER)
    assert type(unknown) is ProviderFailedError
    assert "cannot connect: Name or service not known" in str(unknown)
    late = transport_error(httpx.ConnectTimeout(""), CALLER)
    assert type(late) is ProviderFailedError
    assert "no connection within" in str(late)
    broken = transport_error(httpx.RemoteProtocolError("peer closed"), CALLER)
    assert "the connection broke (RemoteProtocolError: peer closed)" in str(broken)


@given(text=st.text(max_size=300), characters=st.integers(1, 100))
def test_bounded_is_one_line_of_at_most_so_many_characters(text: str, characters: int) -> None:
    line = bounded(text, characters)
    assert len(line) <= characters
    assert len(line.splitlines()) <= 1
