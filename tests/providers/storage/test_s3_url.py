"""URLs of stores on S3: what is taken, and what is refused without being quoted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationError
from providers.storage.s3_url import S3Options, is_s3, parse_s3_url

SETTING = "APP_BUILDER_ARTIFACT_STORE"


@pytest.mark.parametrize(
    ("url", "root", "options"),
    [
        ("s3://bucket", "bucket", S3Options()),
        ("s3://bucket/", "bucket", S3Options()),
        ("s3a://bucket/a//b/", "bucket/a/b", S3Options()),
        (
            "s3://bucket/p?encryption=aws:kms&kms_key=arn:aws:kms:eu-1:1:key/a&storage_class=GLACIER_IR",
            "bucket/p",
            S3Options(
                encryption="aws:kms",
                kms_key="arn:aws:kms:eu-1:1:key/a",
                storage_class="GLACIER_IR",
            ),
        ),
        (
            "s3://bucket?endpoint=https://minio.example:9000",
            "bucket",
            S3Options(endpoint="https://minio.example:9000"),
        ),
        ("s3://bucket?profile=old", "bucket", S3Options(profile="old")),
    ],
)
def test_bucket_prefix_and_options_are_read(url: str, root: str, options: S3Options) -> None:
    assert is_s3(url)
    assert parse_s3_url(url, setting=SETTING) == (root, options)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://", "names no bucket"),
        ("s3:///prefix", "names no bucket"),
        ("s3://bucket/a/../b", "names no bucket"),
        ("s3://.", "names no bucket"),
        ("s3://../prefix", "names no bucket"),
        ("s3://bucket/p#x", "names no bucket"),
        ("s3://hunter2:hunter2@bucket/p", "holds credentials"),
        ("s3://bucket:9000/p", "holds credentials or a port"),
        ("s3://bucket?encryption=rot13", "option 'encryption'"),
        ("s3://bucket?encryptoin=AES256", "option 'encryptoin'"),
        ("s3://bucket?endpoint=minio:9000", "option 'endpoint'"),
        ("s3://bucket?endpoint=https://hunter2@minio", "option 'endpoint'"),
        ("s3://bucket?storage_class=cold", "option 'storage_class'"),
        ("s3://bucket?kms_key=a", "kms_key needs encryption"),
        ("s3://bucket?encryption=AES256&encryption=aws:kms", "'encryption' twice"),
    ],
)
def test_what_cannot_be_used_is_refused_and_not_quoted(url: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as failure:
        parse_s3_url(url, setting=SETTING)
    assert said in str(failure.value)
    assert SETTING in str(failure.value)
    assert "hunter2" not in str(failure.value)


@pytest.mark.parametrize("url", ["file:///s3://x", "memory://s3", "s3", "/s3://a"])
def test_other_urls_are_none_of_s3(url: str) -> None:
    assert not is_s3(url)


@given(st.text())
def test_any_rest_of_a_url_is_read_or_refused(rest: str) -> None:
    try:
        root, _ = parse_s3_url(f"s3://{rest}", setting=SETTING)
    except ConfigurationError:
        return
    assert root
    assert not {"", ".", ".."} & set(root.split("/"))
