"""Whole builds with their store on S3: killed, resumed elsewhere, and moved."""

import asyncio
from pathlib import Path

import pytest

from providers.storage.artifact_store import ArtifactStore
from providers.storage.lease import held_leases
from tests.flows.command import run, variables
from tests.flows.killer import assert_only_calls_in_flight_were_repeated
from tests.model_server import ModelServer
from tests.real_s3.machines import Bucket, Machines


@pytest.mark.timeout(900)
def test_a_killed_build_is_resumed_from_another_machine_with_nothing_asked_twice(
    bucket_of: Bucket, machines: Machines, server: ModelServer, tmp_path: Path
) -> None:
    first, second, third = (machines.open(name, bucket_of.url) for name in "abc")
    first.kill_after_files(3)
    second.kill_after_files(3)
    output = third.finish()
    assert "tests green" in output
    calls = server.calls()
    assert_only_calls_in_flight_were_repeated(calls, [*first.kills, *second.kills])

    output = machines.open("d", bucket_of.url).finish()
    assert server.calls() == calls, "what is built is not asked for again"

    keys = bucket_of.keys()
    for folder in ("project/", "cache/results/", "cache/answers/", "cache/shared/"):
        assert any(key.startswith(f"team/{folder}") for key in keys), folder
    assert asyncio.run(held_leases(ArtifactStore(bucket_of.url))) == []
    assert not list(tmp_path.glob("?/store")), "nothing of the store is on the machine"
    report = next(key for key in keys if key.endswith("/report/report.md"))
    assert f"s3://{bucket_of.name}/{report}" in output.replace("\n", "")
    shown = bucket_of.client.head_object(Bucket=bucket_of.name, Key=report)
    assert shown["ContentType"] == "text/markdown; charset=utf-8"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("bucket_of", ["seaweedfs"], indirect=True)
def test_a_half_done_build_moves_to_s3_and_back_and_loses_nothing(
    bucket_of: Bucket, machines: Machines, server: ModelServer, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    here, there = (
        machines.open(name, url) for name, url in (("a", f"file://{folder}"), ("b", bucket_of.url))
    )

    here.kill_after_files(2)
    assert "artifacts copied" in copied(folder, bucket_of.url, tmp_path)
    there.kill_after_files(3)
    code, output = run("store", "copy", bucket_of.url, folder, environment=variables(tmp_path))
    assert code == 2
    assert "--replace" in output
    copied(bucket_of.url, folder, tmp_path, "--replace")
    assert "tests green" in here.finish()
    calls = server.calls()
    assert_only_calls_in_flight_were_repeated(calls, [*here.kills, *there.kills])

    copied(folder, bucket_of.url, tmp_path, "--replace")
    there.finish()
    assert server.calls() == calls, "what was built in one place is not asked for in the other"


def copied(source: str | Path, target: str | Path, home: Path, *options: str) -> str:
    code, output = run("store", "copy", source, target, *options, environment=variables(home))
    assert code == 0, output
    return output
