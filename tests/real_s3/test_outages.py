"""Builds whose S3 server is killed while they run: it comes back, or stays away."""

import time
from collections import Counter

import pytest

from tests.model_server import ModelServer
from tests.real_s3.machines import Bucket, Machines
from tests.real_s3.seaweedfs import SeaweedFS

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.parametrize("bucket_of", ["seaweedfs"], indirect=True),
]

GRACE = 0.2
"""An answer that came this shortly before the server was killed had not reached the store yet."""


def test_a_build_waits_for_a_server_that_is_started_again(
    bucket_of: Bucket, machines: Machines, server: ModelServer, seaweedfs: SeaweedFS
) -> None:
    with machines.open("a", bucket_of.url).build_until_files(2) as build:
        seaweedfs.kill()
        time.sleep(5)
        seaweedfs.start()
        output, _ = build.communicate()
    assert build.returncode == 0, output
    assert "tests green" in output
    asked = Counter(call.digest for call in server.calls())
    assert set(asked.values()) == {1}, "nothing was asked twice"


def test_a_build_whose_server_stays_away_ends_and_goes_on_later(
    bucket_of: Bucket, machines: Machines, server: ModelServer, seaweedfs: SeaweedFS
) -> None:
    machine = machines.open("a", bucket_of.url)
    try:
        with machine.build_until_files(2) as build:
            killed = time.time()
            seaweedfs.kill()
            output, _ = build.communicate()
    finally:
        seaweedfs.start()
    assert build.returncode == 1, output
    assert "artifact store" in output
    assert "same command goes on from there" in " ".join(output.split())

    assert "tests green" in machine.finish()
    calls = server.calls()
    asked = Counter(call.digest for call in calls)
    for call in calls:
        kept = call.finished is not None and call.finished < killed - GRACE
        assert asked[call.digest] == 1 or not kept, "what was kept is not asked for again"
    assert max(asked.values()) <= 2, "without its store, a build asks nothing twice"
