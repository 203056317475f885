"""The image under test, and images of the other services, where none can be pulled of packages."""

import os
import shutil
from pathlib import Path

from tests.real_docker.engine import run

ROOT = Path(__file__).parents[2]
IMAGE = "app-builder:0.1.0"
_PACKAGED = "app-builder-packaged"
_OWN = {
    "POSTGRES_IMAGE": "postgres:17-bookworm",
    "REDIS_IMAGE": "redis:8-bookworm",
    "SEAWEEDFS_IMAGE": "chrislusf/seaweedfs:4.48",
    "CADDY_IMAGE": "caddy:2",
}
PLANTED = "planted-c2VjcmV0LW9mLXRoZS1idWlsZC1jb250ZXh0"
"""A text in files that must not get into the image."""


def build_image(base: str, folder: Path) -> str:
    """Build the image as `make image` does, from a copy of the project with secrets in it.

    Args:
        base: image it is built on.
        folder: for the copy.
    """
    copy = folder / "project"
    names = run("git", "-C", str(ROOT), "ls-files").splitlines()
    for name in names:
        if name.startswith("tests/") or not (ROOT / name).is_file():
            continue
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)
    _plant(copy)
    run(
        *("make", "-C", str(copy), "image", f"PYTHON_IMAGE={base}", "BUILD_NETWORK=host"),
        f"IMAGE={IMAGE}",
        wait=1_800,
    )
    return IMAGE


def _plant(copy: Path) -> None:
    for path in (
        *(".env", ".git/config", "deployments/.env", "deployments/secrets/passwords/admin"),
        *("core/.env", "flows/.netrc", ".app-builder/ledger.db", "deployments/secrets/api-auth"),
    ):
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_text(f"{PLANTED}\n")


def service_images(base: str, folder: Path) -> dict[str, str]:
    """Images of the services that are not ours, by the variables of `deployments/compose.yaml`.

    Their own where a registry answers (TEST_DOCKER_PULL=1), else one that is made of packages.

    Args:
        base: image that one is built on.
        folder: for its sources.
    """
    if os.environ.get("TEST_DOCKER_PULL") == "1":
        for image in _OWN.values():
            run("docker", "pull", image)
        return dict(_OWN)
    copy = folder / "packaged"
    shutil.copytree(Path(__file__).with_name("packaged"), copy)
    shutil.copy(ROOT / "requirements/s3.lock", copy / "requirements.lock")
    arguments = ("--network", "host", "--build-arg", f"BASE_IMAGE={base}", "--tag", _PACKAGED)
    run("docker", "build", *arguments, str(copy))
    return dict.fromkeys(_OWN, _PACKAGED)
