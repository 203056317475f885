"""What is secret reaches no handler: neither what is known, nor what has the form of it."""

import base64
import io
import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prefect.logging.handlers import APILogHandler

from core.log_secrets import hide_from_log, secrets_of, without_secrets
from providers.secrets.chain import SecretChain
from providers.secrets.environment import EnvironmentSecrets

KEY = "tk-never-to-be-seen"
log = logging.getLogger("tests.log_secrets")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What a handler as anybody would make it writes."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    log.addHandler(handler)
    yield written
    log.removeHandler(handler)


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "DEEPSEEK_API_KEY"])
def test_every_secret_that_a_chain_gives_is_in_no_line_of_text(
    name: str, lines: io.StringIO
) -> None:
    log.warning("%s before", KEY)
    assert SecretChain([EnvironmentSecrets({name: KEY})]).get(name) == KEY
    log.warning("%s and %d", KEY, 7)
    log.warning({"held": KEY})
    log.warning("%(held)s", {"held": KEY})
    log.error("failed", exc_info=ValueError(KEY), stack_info=True)
    before, after = lines.getvalue().split(" before\n")
    assert before == KEY, "or this test sees nothing"
    assert KEY not in after
    assert after.startswith("[key] and 7\n{'held': '[key]'}\n[key]\nfailed\n")
    assert "ValueError: [key]" in after
    assert "Stack (most recent call last)" in after


def test_no_secret_is_in_what_prefects_server_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    hide_from_log(KEY)
    with pytest.raises(ValueError, match="of it") as raised:
        raise ValueError(f"{KEY} of it")
    log.error("asked with %s", KEY, exc_info=raised.value, extra={"flow_run_id": None})
    (record,) = caplog.records
    assert "asked with [key]" in APILogHandler().format(record)
    assert KEY not in APILogHandler().format(record)


def test_arguments_stay_where_only_one_of_them_is_secret(caplog: pytest.LogCaptureFixture) -> None:
    """There are formatters that take them one by one, such as that of a server's access log."""
    hide_from_log(KEY)
    log.warning("%s %s %d", "GET", f"/x?of={KEY}", 200)
    log.warning("%s %d", "nothing", 1)
    assert [record.args for record in caplog.records] == [
        ("GET", "/x?of=[key]", 200),
        ("nothing", 1),
    ]


def test_a_line_whose_arguments_do_not_fit_is_left_to_its_handlers() -> None:
    hide_from_log(KEY)
    record = logging.getLogRecordFactory()("x", 20, "x.py", 1, "%d", ("no number",), None)
    with pytest.raises(TypeError):
        record.getMessage()


def test_what_the_environment_holds_is_hidden_by_its_names(
    monkeypatch: pytest.MonkeyPatch, lines: io.StringIO
) -> None:
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", f"admin:{KEY}")
    hide_from_log()
    log.warning("a password is %s", KEY)
    assert lines.getvalue() == "a password is [key]\n"


def test_variables_that_hold_secrets_are_known_by_name_and_form() -> None:
    given = {
        "GITHUB_TOKEN": "of-github",
        "AWS_SECRET_ACCESS_KEY": "of-aws",
        "PREFECT_SERVER_API_AUTH_STRING": "admin:of-prefect",
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20of-otel,x-key=of-other",
        "APP_BUILDER_LEDGER_URL": "postgresql://l:a%2Fb/c@d@host/ledger",
        "GITHUB_APP_PRIVATE_KEY": "-----BEGIN KEY-----\\nAAAABBBBCCCCDDDDEEEE\\n-----END KEY-----",
        "HTTP_PROXY": "http://host:8080/a@b",
        "PATH": "/bin",
        "APP_BUILDER_MAX_TOKENS": "4000",
    }
    found = set(secrets_of(given))
    assert found >= {"of-github", "of-aws", "of-prefect", "of-otel", "of-other"}
    assert found >= {"a%2Fb/c@d", "a/b/c@d", "AAAABBBBCCCCDDDDEEEE"}
    assert not found & {"/bin", "4000", "admin", "8080/a"}


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("redis://me:p4ss@host:6379/0", "redis://me:[password]@host:6379/0"),
        ("redis://me:p@ss@host/0", "redis://me:[password]@host/0"),
        ("postgresql+psycopg://l:a%40b@h/d", "postgresql+psycopg://l:[password]@h/d"),
        ("postgresql://l:pa/ss@h/d", "postgresql://l:[password]@h/d"),
        ("'postgresql://l:it's@h/d'", "'postgresql://l:[password]@h/d'"),
        ("https://:token@host/x and more", "https://:[password]@host/x and more"),
        ("https://ghp_0@github.com/a/b.git", "https://[password]@github.com/a/b.git"),
        ("https://host:443/a@b", "https://host:443/a@b"),
        ("https://host/@scope/a@1.2", "https://host/@scope/a@1.2"),
        ("http://[::1]:4200/api/a@b", "http://[::1]:4200/api/a@b"),
        ("https://host/", "https://host/"),
        ("https://h/v1?alt=sse&key=AIzaX#a", "https://h/v1?alt=sse&key=[key]#a"),
        ("https://h/a?X-Amz-Signature=0f&b=1", "https://h/a?X-Amz-Signature=[key]&b=1"),
        (
            "for url 'https://hooks.slack.com/services/T/B/x'",
            "for url 'https://hooks.slack.com/services/[key]'",
        ),
        ("https://chat.example/hooks/8x7 404", "https://chat.example/hooks/[key] 404"),
        ("{'Authorization': 'Bearer t0.k'}", "{'Authorization': 'Bearer [key]'}"),
        ("(b'Authorization', b'Basic dTpw')", "(b'Authorization', b'Basic [key]')"),
        ("AUTHORIZATION: Bearer t0.k", "AUTHORIZATION: Bearer [key]"),
        ("github_pat_" + "1a" * 18, "[key]"),
        ("ghs_" + "a1" * 18, "[key]"),
        ("AIza" + "b-" * 17 + "c", "[key]"),
        ("a -----BEGIN RSA PRIVATE KEY-----\nA\n-----END RSA PRIVATE KEY-----", "a [key]"),
        ("basic authentication: a token, keys", "basic authentication: a token, keys"),
    ],
)
def test_what_has_the_form_of_a_secret_is_taken_out(told: str, shown: str) -> None:
    assert without_secrets(told) == shown


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "Z"])))
def test_ordinary_words_stay(text: str) -> None:
    assert without_secrets(text) == text


def test_long_lines_take_no_longer_than_they_must() -> None:
    """What a model wrote may be logged where a test fails; forms look ahead within bounds."""
    for piece in (
        "://a:",
        "&key",
        "://a/hooks",
        "?token",
        "-----BEGIN PRIVATE KEY",
        "authorization ",
    ):
        assert without_secrets(piece * 5_000)
    encoded = base64.b64encode(bytes(200_000)).decode()
    assert without_secrets(encoded) == encoded
