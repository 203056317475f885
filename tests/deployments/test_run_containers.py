"""Whatever the API asks for, a container of a flow run is what this machine allows."""

import json
from pathlib import Path
from typing import Any

import pytest

from deployments.run_containers import SECCOMP_PROFILE, ContainedClient, RunSettings, contain

ASKED: dict[str, Any] = {
    "Image": "app-builder:0.1.0",
    "Cmd": ["prefect", "flow-run", "execute"],
    "Entrypoint": ["/bin/sh"],
    "Labels": {"io.prefect.flow-run-id": "1"},
    "User": "0",
    "Env": ["A=1", "B=x=y", "PREFECT_HOME=/root/.prefect"],
    "HostConfig": {
        "Binds": ["/:/host", "/var/run/docker.sock:/var/run/docker.sock"],
        "CapAdd": ["SYS_ADMIN"],
        "Devices": [{"PathOnHost": "/dev/kvm"}],
        "NetworkMode": "host",
        "PidMode": "host",
        "Privileged": True,
        "SecurityOpt": ["seccomp=unconfined"],
    },
}


def test_no_right_that_is_asked_for_is_given() -> None:
    settings = RunSettings(network="runs", volumes=("home:/var/lib/app-builder",))
    made = contain(ASKED, settings, apparmor=False)
    host = made["HostConfig"]
    assert made["User"] == "1000:1000"
    assert "Entrypoint" not in made
    assert host["Binds"] == ["home:/var/lib/app-builder"]
    assert host["NetworkMode"] == "runs"
    assert host["CapDrop"] == ["ALL"]
    assert not host["Privileged"]
    assert host["ReadonlyRootfs"]
    assert {"CapAdd", "Devices", "PidMode"}.isdisjoint(host)
    assert "seccomp=unconfined" not in host["SecurityOpt"]


def test_what_is_run_and_said_of_it_stays() -> None:
    made = contain(ASKED, RunSettings(), apparmor=False)
    assert made["Image"] == "app-builder:0.1.0"
    assert made["Cmd"] == ["prefect", "flow-run", "execute"]
    assert made["Labels"] == {"io.prefect.flow-run-id": "1"}
    assert {"A=1", "B=x=y", "PREFECT_HOME=/tmp/prefect"} == set(made["Env"])


def test_the_sandbox_can_be_made_inside() -> None:
    host = contain(ASKED, RunSettings(), apparmor=False)["HostConfig"]
    assert host["MaskedPaths"] == host["ReadonlyPaths"] == []
    (profile,) = (option for option in host["SecurityOpt"] if option.startswith("seccomp="))
    assert json.loads(profile.removeprefix("seccomp=")) == json.loads(SECCOMP_PROFILE.read_text())
    assert "apparmor=unconfined" not in host["SecurityOpt"]
    confined = contain(ASKED, RunSettings(), apparmor=True)["HostConfig"]
    assert "apparmor=unconfined" in confined["SecurityOpt"]


def test_the_machines_variables_win_and_are_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "builds.env"
    settings = RunSettings(environment_file=file)
    file.write_text('A=2\n# no\nLIST=["x", "y"]\nEMPTY=\n')
    made = contain(ASKED, settings, apparmor=False)["Env"]
    assert {"A=2", "B=x=y", 'LIST=["x", "y"]'} <= set(made)
    assert not any(each.startswith("EMPTY") for each in made)
    file.write_text("A=3\n")
    assert "A=3" in contain(ASKED, settings, apparmor=False)["Env"]


def test_a_file_of_variables_that_is_missing_starts_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        contain(ASKED, RunSettings(environment_file=tmp_path / "no"), apparmor=False)


def test_bounds_are_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUN_MEMORY_MB", "1024")
    monkeypatch.setenv("RUN_PROCESSORS", "0.5")
    monkeypatch.setenv("RUN_PROCESSES", "100")
    monkeypatch.setenv("RUN_VOLUMES", '["a:/b"]')
    host = contain(ASKED, RunSettings(), apparmor=False)["HostConfig"]
    assert host["Memory"] == host["MemorySwap"] == 1_024 * 1_024 * 1_024
    assert host["NanoCpus"] == 500_000_000
    assert host["PidsLimit"] == 100
    assert host["Binds"] == ["a:/b"]


def test_every_container_of_the_client_goes_that_way(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []

    def post(_self: object, _url: str, data: dict[str, Any], **_: object) -> Any:
        sent.append(data)

        class Answer:
            status_code = 201

            def raise_for_status(self) -> None: ...
            def json(self) -> dict[str, str]:
                return {"Id": "1"}

        return Answer()

    monkeypatch.setattr("docker.APIClient._post_json", post)

    def info(_: object) -> dict[str, Any]:
        return {"SecurityOptions": ["name=apparmor"]}

    monkeypatch.setattr("docker.APIClient.info", info)
    client = ContainedClient(RunSettings(), base_url="tcp://127.0.0.1:1", version="1.41")
    api: Any = client.api
    api.create_container("app-builder:0.1.0", host_config=api.create_host_config(privileged=True))
    client.close()
    assert not sent[0]["HostConfig"]["Privileged"]
    assert "apparmor=unconfined" in sent[0]["HostConfig"]["SecurityOpt"]
