import json
import logging
import pickle
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import AppBuilderError, ConfigurationError, StorageError
from providers.secrets import aws
from providers.secrets.aws import AwsSecrets
from tests.providers.secrets.answering import answering
from tests.providers.secrets.aws_server import aws_server, client, put, use_aws

SECRET = "sk-4f1c-planted"


@pytest.fixture(scope="module")
def server() -> Generator[str]:
    with aws_server() as url:
        yield url


@pytest.fixture
def secrets(server: str, monkeypatch: pytest.MonkeyPatch) -> AwsSecrets:
    use_aws(monkeypatch, server)
    return AwsSecrets("test/")


@pytest.mark.parametrize(
    "stored",
    [SECRET, f" {SECRET}\n", json.dumps({"KEY": SECRET}), json.dumps({"OTHER": 1, "KEY": SECRET})],
)
def test_a_secret_is_plain_text_or_json_with_its_name(secrets: AwsSecrets, stored: str) -> None:
    put("test/KEY", stored)
    assert secrets.get("KEY") == SECRET


def test_what_only_looks_like_json_is_text(secrets: AwsSecrets) -> None:
    put("test/BRACE", "{curly")
    assert secrets.get("BRACE") == "{curly"


def test_what_is_missing_or_blank_is_none(secrets: AwsSecrets) -> None:
    put("test/BLANK", "  ")
    assert secrets.get("MISSING") is None
    assert secrets.get("BLANK") is None


def test_a_secret_is_read_anew_each_time(secrets: AwsSecrets) -> None:
    put("test/ROTATED", "first")
    assert secrets.get("ROTATED") == "first"
    put("test/ROTATED", "second")
    assert secrets.get("ROTATED") == "second"


def test_many_threads_may_ask_at_once(secrets: AwsSecrets) -> None:
    put("test/KEY", SECRET)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(secrets.get, ["KEY"] * 16)) == {SECRET}


@pytest.mark.parametrize("stored", [json.dumps({"WRONG": SECRET}), json.dumps({"SHAPE": [SECRET]})])
def test_json_without_the_name_is_refused_without_showing_it(
    secrets: AwsSecrets, stored: str
) -> None:
    put("test/SHAPE", stored)
    with pytest.raises(ConfigurationError, match=r"'test/SHAPE' .* without a text under 'SHAPE'"):
        secrets.get("SHAPE")
    assert_hidden(secrets, "SHAPE")


def test_a_binary_secret_is_refused(secrets: AwsSecrets) -> None:
    client().create_secret(Name="test/BINARY", SecretBinary=SECRET.encode())
    with pytest.raises(ConfigurationError, match="'test/BINARY' is binary"):
        secrets.get("BINARY")


def test_a_secret_that_awaits_deletion_is_refused(secrets: AwsSecrets) -> None:
    put("test/GONE", SECRET)
    client().delete_secret(SecretId="test/GONE")
    with pytest.raises(ConfigurationError, match="not scheduled for deletion"):
        secrets.get("GONE")


def test_without_region_or_credentials_it_says_what_to_set(
    secrets: AwsSecrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(ConfigurationError, match="Unable to locate credentials"):
        secrets.get("KEY")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(ConfigurationError, match="set AWS_DEFAULT_REGION"):
        AwsSecrets("").get("KEY")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(ConfigurationError, match="ProfileNotFound; check AWS_PROFILE"):
        AwsSecrets("").get("KEY")


@pytest.mark.parametrize(
    ("status", "body", "error_type", "said"),
    [
        (400, {"__type": "AccessDeniedException"}, ConfigurationError, "secretsmanager:GetSecret"),
        (400, {"__type": "DecryptionFailure"}, ConfigurationError, "kms:Decrypt"),
        (400, {"__type": "ThrottlingException"}, StorageError, "'ThrottlingException'; try again"),
        (500, {"__type": "InternalServiceError"}, StorageError, "try again"),
        (503, {}, StorageError, "'503'; try again"),
        (200, {"SecretString": 7}, ConfigurationError, "is binary"),
    ],
)
def test_a_refusal_says_what_to_check(
    secrets: AwsSecrets,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    body: dict[str, object],
    error_type: type[AppBuilderError],
    said: str,
) -> None:
    monkeypatch.setattr(aws, "ATTEMPTS", 1)
    with answering(status, json.dumps(body).encode()) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(error_type, match=said) as refused:
            secrets.get("KEY")
    assert pickle.loads(pickle.dumps(refused.value)).args == refused.value.args


def test_an_answer_that_cannot_be_read_is_not_quoted(
    secrets: AwsSecrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(200, f'{{"SecretString": "{SECRET}'.encode()) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        assert_hidden(secrets, "KEY")


def test_a_server_that_is_not_there_is_told(
    secrets: AwsSecrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws, "ATTEMPTS", 1)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StorageError, match=r"does not answer .*; check the network"):
        secrets.get("KEY")


def assert_hidden(secrets: AwsSecrets, name: str) -> None:
    with pytest.raises(AppBuilderError) as refused:
        secrets.get(name)
    cause = refused.value.__cause__ or refused.value
    shown = (str(refused.value), repr(refused.value), repr(cause), pickle.dumps(refused.value))
    assert SECRET not in repr(shown)


def test_a_value_is_in_no_log_and_no_repr(
    secrets: AwsSecrets, caplog: pytest.LogCaptureFixture
) -> None:
    put("test/KEY", SECRET)
    with caplog.at_level(logging.DEBUG):
        assert secrets.get("KEY") == SECRET
    told = [record for record in caplog.records if record.name.startswith("botocore")]
    assert told, "botocore is expected to log at this level"
    assert SECRET not in "".join(record.getMessage() for record in told)
    assert SECRET not in repr(secrets)
    assert secrets.places("KEY") == ("AWS Secrets Manager (test/KEY)",)
