"""The URL of a store on S3: bucket, prefix, and options as its query."""

from collections import Counter
from typing import Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import ConfigurationError

PROTOCOLS = frozenset({"s3", "s3a"})

_EXAMPLE = "s3://bucket/prefix?encryption=AES256"


class S3Options(BaseModel):
    """What can stand behind the question mark of a store's URL.

    Credentials cannot: they come the AWS way, from the environment, a profile or the machine.

    Attributes:
        endpoint: base URL of an S3-compatible server; AWS's own configuration, such as
            `AWS_ENDPOINT_URL_S3`, says it otherwise.
        encryption: what the server encrypts objects with; empty leaves it to the bucket.
        kms_key: id of the key, where `encryption` uses one other than the account's own.
        storage_class: of new objects, such as `STANDARD_IA`; empty leaves it to the bucket.
        profile: of AWS's configuration files, whose credentials this store takes in place of those
            of the environment.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint: str = Field(default="", pattern=r"^(https?://[^/@?#\s]+/?)?$")
    encryption: Literal["", "AES256", "aws:kms", "aws:kms:dsse"] = ""
    kms_key: str = Field(default="", max_length=2_048)
    storage_class: str = Field(default="", pattern=r"^[A-Z_]*$", max_length=64)
    profile: str = Field(default="", max_length=256)

    @model_validator(mode="after")
    def _key_is_used(self) -> Self:
        if self.kms_key and not self.encryption.startswith("aws:kms"):
            raise ValueError("kms_key needs encryption=aws:kms or aws:kms:dsse")
        return self

    @property
    def arguments(self) -> dict[str, str]:
        """The arguments of S3's requests that these options stand for."""
        named = {
            "ServerSideEncryption": self.encryption,
            "SSEKMSKeyId": self.kms_key,
            "StorageClass": self.storage_class,
        }
        return {name: value for name, value in named.items() if value}


def is_s3(url: str) -> bool:
    """Whether a URL names a store on S3."""
    return url.partition("://")[0].lower() in PROTOCOLS and "://" in url


def parse_s3_url(url: str, *, setting: str) -> tuple[str, S3Options]:
    """Root (`bucket/prefix`, no slash at its end) and options of a store's URL.

    Args:
        url: such as `s3://bucket/prefix?storage_class=STANDARD_IA`.
        setting: where the URL comes from, for messages.

    Raises:
        ConfigurationError: no bucket, credentials in the URL, or an option that does not exist or
            has a wrong value. The URL is never quoted, as it may hold credentials.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that are no address
        raise ConfigurationError(
            f"{setting}: its URL names no bucket and prefix like {_EXAMPLE}"
        ) from None
    if "@" in parts.netloc or ":" in parts.netloc:
        raise ConfigurationError(
            f"{setting}: its URL holds credentials or a port; give credentials the AWS way "
            "(AWS_ACCESS_KEY_ID, a profile, a role), and a server as ?endpoint=https://host:port"
        )
    segments = [part for part in parts.path.split("/") if part]
    if not parts.netloc or parts.fragment or {".", ".."} & {parts.netloc, *segments}:
        raise ConfigurationError(f"{setting}: its URL names no bucket and prefix like {_EXAMPLE}")
    return "/".join([parts.netloc, *segments]), _options(parts.query, setting)


def _options(query: str, setting: str) -> S3Options:
    pairs = parse_qsl(query, keep_blank_values=True)
    twice = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
    if twice:
        raise ConfigurationError(f"{setting}: its URL has the option {twice[0]!r} twice")
    try:
        return S3Options.model_validate(dict(pairs))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(map(str, first["loc"])) or "options"
        known = ", ".join(S3Options.model_fields)
        raise ConfigurationError(
            f"{setting}: option {name!r} of its URL: {first['msg']}; the options are {known}, "
            f"for example {_EXAMPLE}"
        ) from None
