import json
import os
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from providers.sandbox.index_addresses import python_way_out
from providers.sandbox.install_box import addresses_of
from tests.providers.sandbox.package_index import package_index

JSON = "application/vnd.pypi.simple.v1+json"


def settings_for(home: Path, index: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), "UV_DEFAULT_INDEX": index}


@pytest.mark.parametrize(
    ("page", "further"),
    [
        ({"files": [{"url": "https://files.example/a.whl"}]}, ["https://files.example"]),
        ({"files": "nonsense"}, []),
    ],
)
async def test_pages_in_json_say_where_files_are(
    tmp_path: Path, page: dict[str, object], further: list[str]
):
    with package_index() as index:
        index.pages["/simple/greeter/"] = (JSON, json.dumps(page).encode())
        told = await python_way_out(["Greeter>=1"], settings_for(tmp_path, index.simple))
        assert told.addresses == addresses_of([index.url, *further])


async def test_an_index_that_cannot_be_asked_is_left_to_the_installer(tmp_path: Path):
    told = await python_way_out(["greeter"], settings_for(tmp_path, "http://127.0.0.1:9/simple"))
    assert told.addresses == {("127.0.0.1", 9)}


async def test_an_index_on_this_machine_is_shown_with_the_files_beside_it(tmp_path: Path):
    (tmp_path / "index/simple").mkdir(parents=True)
    told = await python_way_out(
        ["greeter"], settings_for(tmp_path, f"file://{tmp_path}/index/simple")
    )
    assert told.addresses == frozenset()
    assert told.folders == (tmp_path / "index",)


async def test_what_uv_does_not_understand_is_the_operators_mistake(tmp_path: Path):
    settings = settings_for(tmp_path, "http://127.0.0.1:9/simple")
    settings["UV_INDEX_STRATEGY"] = "nonsense"
    with pytest.raises(ConfigurationError, match="uv cannot say which package indexes"):
        await python_way_out(["greeter"], settings)
