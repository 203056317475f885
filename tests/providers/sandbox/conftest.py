import zipfile
from pathlib import Path

import pytest

from providers.sandbox.bubblewrap import BubblewrapSandbox
from tests.providers.sandbox.boxes import Boxes


@pytest.fixture(scope="session")
async def sandbox() -> BubblewrapSandbox:
    made = BubblewrapSandbox()
    reason = await made.usable()
    assert reason is None, f"bubblewrap cannot be used on this machine: {reason}"
    return made


@pytest.fixture
def boxes(sandbox: BubblewrapSandbox, tmp_path: Path) -> Boxes:
    folder = tmp_path / "tree"
    folder.mkdir()
    return Boxes(sandbox, folder)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder with one wheel: greeter 1.0, which runs code whenever an interpreter sees it."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    info = "greeter-1.0.dist-info"
    files = {
        "greeter.py": "GREETING = 'hello'\n",
        "template_of_greeter.py": "{{ no Python yet }}\n",
        "greeter.pth": f"import pathlib; pathlib.Path({str(tmp_path / 'ran')!r}).touch()\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: greeter\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(folder / "greeter-1.0-py3-none-any.whl", "w") as wheel:
        for name, content in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(name, content)
    return folder
