"""Secrets from AWS Secrets Manager.

Region, credentials and endpoint are found as in every AWS tool: environment, shared files, the role
of the machine or the container (https://docs.aws.amazon.com/sdkref/latest/guide/).
"""

import json
import logging
import threading
from typing import Any, NoReturn, cast

import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
)
from botocore.exceptions import ConnectionError as AwsConnectionError
from botocore.parsers import ResponseParserError

from core.errors import ConfigurationError, StorageError

CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0
ATTEMPTS = 3
"""Attempts at one lookup, the first included; botocore waits a little between them."""

_MISSING = "ResourceNotFoundException"
# AWS itself is in trouble, or asks for patience: nothing is wrong with the settings. An answer that
# is not AWS's has the HTTP status as its code.
_PASSING = ("Throttling", "InternalService", "ServiceUnavailable", "RequestLimit", "5")


class AwsSecrets:
    """A `SecretSource` that reads the secret `<prefix><name>` of AWS Secrets Manager.

    The secret is plain text, or a JSON object with the value under `name`, as the AWS console makes
    it. Each `get` is a request over the network; usable from many threads at once.

    Args:
        prefix: what the names of secrets begin with.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._client: Any = None
        self._making = threading.Lock()

    def __repr__(self) -> str:
        return f"AwsSecrets(prefix={self._prefix!r})"

    def places(self, name: str) -> tuple[str, ...]:
        """The name of the secret."""
        return (f"AWS Secrets Manager ({self._prefix + name})",)

    def get(self, name: str) -> str | None:
        """The secret, without surrounding whitespace; `None` if there is none, or a blank one.

        Raises:
            ConfigurationError: no region or credentials, access is denied, or the secret is
                neither text nor JSON with its value under `name`.
            StorageError: AWS cannot be reached, or is in trouble.
        """
        secret = self._prefix + name
        try:
            answer = self._connected().get_secret_value(SecretId=secret)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code == _MISSING:
                return None
            _raise_refusal(secret, code)
        except (NoRegionError, NoCredentialsError) as error:
            raise ConfigurationError(
                f"AWS secret {secret!r}: {error}; set AWS_DEFAULT_REGION and AWS credentials, or "
                "take 'aws' out of APP_BUILDER_SECRET_SOURCES"
            ) from None
        except (AwsConnectionError, HTTPClientError, ResponseParserError) as error:
            # Not quoted: what could not be parsed may be the secret.
            raise StorageError(
                f"AWS secret {secret!r}: Secrets Manager does not answer "
                f"({type(error).__name__}); check the network, AWS_DEFAULT_REGION and "
                "AWS_ENDPOINT_URL"
            ) from None
        except BotoCoreError as error:
            raise ConfigurationError(
                f"AWS secret {secret!r}: {type(error).__name__}; check AWS_PROFILE, "
                "AWS_DEFAULT_REGION and the AWS credentials"
            ) from None
        return _value(answer.get("SecretString"), secret, name)

    def _connected(self) -> Any:
        """The client, made once: making it reads large files and is not thread-safe."""
        with self._making:
            if self._client is None:
                _keep_answers_out_of_logs()
                self._client = botocore.session.get_session().create_client(
                    "secretsmanager",
                    config=Config(
                        connect_timeout=CONNECT_SECONDS,
                        read_timeout=READ_SECONDS,
                        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                    ),
                )
            return self._client


def _raise_refusal(secret: str, code: str) -> NoReturn:
    if code.startswith(_PASSING):
        raise StorageError(f"AWS secret {secret!r}: Secrets Manager answers {code!r}; try again")
    raise ConfigurationError(
        f"AWS secret {secret!r}: Secrets Manager answers {code!r}; check that the credentials may "
        "do secretsmanager:GetSecretValue on it (and kms:Decrypt on its key), and that it is not "
        "scheduled for deletion"
    )


def _value(text: object, secret: str, name: str) -> str | None:
    if not isinstance(text, str):
        raise ConfigurationError(f"AWS secret {secret!r} is binary; store it as text")
    if text.lstrip().startswith("{"):
        try:
            fields: Any = json.loads(text)
        except ValueError:
            return text.strip()
        value = cast("dict[str, Any]", fields).get(name)
        if not isinstance(value, str):
            raise ConfigurationError(
                f"AWS secret {secret!r} is a JSON object without a text under {name!r}; store the "
                "value under that key, or as plain text"
            )
        text = value
    return text.strip() or None


def _keep_answers_out_of_logs() -> None:
    """At the level DEBUG, botocore logs whole answers, secrets included."""
    logging.getLogger("botocore.parsers").setLevel(logging.INFO)
