"""Rules that the services of `deployments/compose.yaml` keep to."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.settings import Settings
from pydantic import TypeAdapter

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "deployments/compose.yaml").read_text(encoding="utf-8")
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
SOCKET = "/var/run/docker.sock"
TO_THEIR_END = {"migrate", "register"}

every_service = pytest.mark.parametrize("name", SERVICES)


def seconds(text: str) -> float:
    return float(text.removesuffix("s"))


@every_service
def test_it_is_bounded_and_can_change_nothing_of_its_image(name: str) -> None:
    service = SERVICES[name]
    assert service["mem_limit"]
    assert service["cpus"]
    assert service["pids_limit"]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["logging"]["options"]["max-size"]
    assert not service.get("privileged")


@every_service
def test_it_says_whether_it_is_well_or_runs_to_its_end(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    if name in TO_THEIR_END:
        assert check == {"disable": True}
        assert SERVICES[name]["restart"] == "on-failure"
    else:
        assert check["test"][0] in {"CMD", "CMD-SHELL"}
        assert seconds(check["timeout"]) <= seconds(check["interval"]) + 5
        assert SERVICES[name]["restart"] == "unless-stopped"


@every_service
def test_it_starts_when_what_it_needs_is_well(name: str) -> None:
    for needed, condition in SERVICES[name].get("depends_on", {}).items():
        wanted = "service_completed_successfully" if needed in TO_THEIR_END else "service_healthy"
        assert condition == {"condition": wanted}


def test_only_the_proxy_is_published_and_prefects_network_leads_nowhere() -> None:
    assert {name for name, each in SERVICES.items() if each.get("ports")} == {"proxy"}
    assert FILE["networks"]["inner"] == {"internal": True}
    assert not any("network_mode" in each for each in SERVICES.values())


def test_only_the_worker_has_the_engines_socket() -> None:
    holders = {
        name
        for name, each in SERVICES.items()
        if any(SOCKET in str(volume) for volume in each.get("volumes", ()))
    }
    assert holders == {"worker"}
    (volumes,) = (
        TypeAdapter(list[str]).validate_json(SERVICES["worker"]["environment"]["RUN_VOLUMES"]),
    )
    assert all("docker.sock" not in volume for volume in volumes)


def test_nothing_secret_is_written_down() -> None:
    """What is secret is a file; no variable holds it, and no default stands for it."""
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if re.search(
                r"PASSWORD|AUTH_STRING|DATABASE_CONNECTION_URL|WEBHOOK|_URL_FILE|HEADERS|KEY",
                variable,
            ):
                assert variable.endswith("_FILE"), f"{name}: {variable}"
                assert re.match(r"$|/run/secrets/", str(value)), f"{name}: {variable}"
    assert not re.search(r"://[^/\s:]+:[^/\s@$]+@", TEXT)
    assert not re.search(
        r"\$\{[A-Z_]*(PASSWORD|SECRET|TOKEN)[A-Z_]*(:-[^}]|\})",
        TEXT.replace("SECRETS_FOLDER:-./secrets", ""),
    )


@every_service
def test_every_secret_it_is_given_is_a_file_below_one_folder(name: str) -> None:
    for given in SERVICES[name].get("secrets", ()):
        source = given if isinstance(given, str) else given["source"]
        assert FILE["secrets"][source]["file"].startswith("${SECRETS_FOLDER:-./secrets}/")


def test_builds_see_their_own_secrets_only() -> None:
    assert "/secrets}/builds:/run/secrets:ro" in SERVICES["worker"]["environment"]["RUN_VOLUMES"]
    assert SERVICES["worker"]["secrets"] == ["api-auth"]


def test_settings_of_the_server_are_prefects() -> None:
    known = set(Settings().to_environment_variables(include_aliases=True)) | {
        "PREFECT_API_AUTH_STRING",
        "PREFECT_UI_API_URL",
        "PREFECT_UI_URL",
        "PREFECT_REDIS_MESSAGING_URL",
        "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_URL",
        "PREFECT_SERVER_API_AUTH_STRING",
        "PREFECT_SERVER_DATABASE_CONNECTION_URL",
        "PREFECT_SERVER_UI_STATIC_DIRECTORY",
        "PREFECT_API_URL",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY",
        "OTEL_EXPORTER_OTLP_HEADERS",
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
        "APP_BUILDER_LOG_FORMAT",  # which the entrypoint translates
    }
    given = {**FILE["x-server-environment"], **FILE["x-client-environment"]}
    assert {name.removesuffix("_FILE") for name in given} - known == set()


def test_all_that_is_ours_logs_as_one_variable_says() -> None:
    for part in ("x-server-environment", "x-client-environment"):
        assert FILE[part]["APP_BUILDER_LOG_FORMAT"] == "${LOG_FORMAT:-text}"


def test_variables_given_as_files_are_those_that_the_entrypoint_reads() -> None:
    entrypoint = (ROOT / "deployments/entrypoint.sh").read_text(encoding="utf-8")
    builds = (ROOT / "deployments/builds.env").read_text(encoding="utf-8")
    given = {
        name
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if name.endswith("_FILE")
        and str(service["image"]).startswith("${APP_BUILDER_IMAGE")
        and (not value or value.startswith("/run/secrets/"))
    } | set(re.findall(r"^#?((?:APP_BUILDER|OTEL)_\w+_FILE)=", builds, re.MULTILINE))
    assert given
    for name in given:
        assert re.search(rf"\b{name.removesuffix('_FILE')}\b", entrypoint), name


def test_what_builds_are_told_is_not_in_the_image_where_it_would_stay() -> None:
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert left_out.index("!deployments") < left_out.index("deployments/builds.env")
    told = (ROOT / "deployments/builds.env").read_text(encoding="utf-8")
    assert not re.search(r"^#?\w*(HEADERS|KEY|TOKEN|PASSWORD)=", told, re.MULTILINE)


def test_services_that_are_not_traced_need_not_what_signs_in_there() -> None:
    """They are told what builds are, and would not start without the file."""
    for service in SERVICES.values():
        if "builds.env" in service.get("env_file", ()):
            assert service["environment"]["OTEL_EXPORTER_OTLP_HEADERS_FILE"] == ""


def test_images_of_ours_have_the_projects_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name in ("api", "services", "worker", "housekeeper", "migrate", "register", "metrics"):
        assert SERVICES[name]["image"].endswith(f"app-builder:{version['version']}}}")


def test_metrics_stay_within() -> None:
    """They can be looked at through the proxy only, after a sign-in, and reach nothing outside."""
    watching = {
        name for name, each in SERVICES.items() if each.get("profiles") == ["observability"]
    }
    assert watching == {"metrics", "prometheus", "grafana"}
    assert all(SERVICES[name]["networks"] == ["inner"] for name in watching)
    proxy = (ROOT / "deployments/proxy/Caddyfile").read_text(encoding="utf-8")
    assert "reverse_proxy grafana:3000" in proxy
    assert "prometheus" not in proxy
    assert "metrics" not in proxy


def test_the_services_of_metrics_find_one_another() -> None:
    port = 9464
    prometheus = yaml.safe_load((ROOT / "deployments/prometheus.yml").read_text(encoding="utf-8"))
    assert prometheus["scrape_configs"][0]["static_configs"] == [{"targets": [f"metrics:{port}"]}]
    assert f":{port}/metrics" in str(SERVICES["metrics"]["healthcheck"]["test"])
    provisioning = ROOT / "deployments/grafana/provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources/prometheus.yaml").read_text())[
        "datasources"
    ]
    assert source["url"] == "http://prometheus:9090"
    assert source["jsonData"]["timeInterval"] == prometheus["global"]["scrape_interval"]
    (dashboards,) = yaml.safe_load((provisioning / "dashboards/app-builder.yaml").read_text())[
        "providers"
    ]
    mounted = [volume.split(":") for volume in SERVICES["grafana"]["volumes"]]
    target = f"{dashboards['options']['path']}/dashboard.json"
    assert ["./grafana/dashboard.json", target, "ro"] in mounted
    assert SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] == target
