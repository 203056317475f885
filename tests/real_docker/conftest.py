"""Engine, images and the running system, once for all tests; what is missing fails them.

`PYTHON_IMAGE` names the base image that is wanted. `system` is what tests that kill parts of it
need: it starts builds, and finds their containers (`run_container`) and those of services
(`container`).
"""

import os
from collections.abc import Iterator

import pytest

from tests.real_docker.engine import base_image, ensure_engine
from tests.real_docker.images import build_image, service_images
from tests.real_docker.system import System


@pytest.fixture(scope="session")
def base() -> str:
    ensure_engine()
    return base_image(os.environ.get("PYTHON_IMAGE", "python:3.11-slim-bookworm"))


@pytest.fixture(scope="session")
def image(base: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    return build_image(base, tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="session")
def system(image: str, base: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("system")
    made = System(folder, service_images(base, folder))
    try:
        made.start()
        yield made
    finally:
        made.stop()
