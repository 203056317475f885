"""What a removed entity leaves behind is taken away, but for what another file still loads."""

import ast
import json
from pathlib import PurePosixPath
from typing import Any

import pytest

from core.artifacts.build_record import BuildStatus
from core.layout import REPORT_JSON
from providers.llm.provider import LLMRequest, LLMResponse
from tests.real_change.conftest import Product
from tests.real_change.products import DONE, PLANS, PRODUCT, PROJECT
from tests.real_change.rewording import RewordingModel, question_of

pytestmark = pytest.mark.usefixtures("prefect_server")

TASKS = "app/routers/task.py"
FONTS = "app/paper/fonts.py"
SHEET = "app/sheet.py"
HELPERS = {
    "app/paper/__init__.py": '"""Paper."""\n',
    FONTS: '"""Fonts."""\n\n\ndef font() -> str:\n    """Name one."""\n    return "serif"\n',
    SHEET: '"""A sheet."""\n\n\ndef sheet() -> str:\n    """Name one."""\n    return "A4"\n',
}
USED = {
    TASKS: "from ..paper import fonts  # noqa: E402\nfrom ..sheet import sheet  # noqa: E402\n"
    '\nPRINTED = f"{fonts.font()} {sheet()}"\n',
    "app/routers/project.py": "from importlib import import_module  # noqa: E402\n"
    '\nPRINTED = [import_module(f"app.{name}") for name in ("sheet",)]\n',
}
"""Further lines of two files; that the second one needs the sheet, no contract says."""


class HelpingModel(RewordingModel):
    """A model that plans helpers of a removed file, and imports them from their neighbours."""

    async def complete(self, request: LLMRequest) -> LLMResponse:
        """Answer one request, with the helpers where they are planned, written and used."""
        asked = question_of(request)
        if asked.template == "coder" and asked.about in HELPERS:
            self.asked[asked] += 1
            text = f"```python\n{HELPERS[asked.about]}```\n"
            return LLMResponse(content=text, provider="demo", model="demo", finish_reason="stop")
        answer = await super().complete(request)
        if asked.template == "coder" and asked.about in USED:
            text = answer.content.rstrip("\n").removesuffix("```")
            return answer.model_copy(update={"content": f"{text}\n{USED[asked.about]}```\n"})
        if asked.template == "file-structure-generator" and asked.about:
            return answer.model_copy(update={"content": with_helpers(answer.content, asked.about)})
        return answer


def with_helpers(content: str, module: str) -> str:
    """The files of a module, with those that help, and with the contract of who needs them."""
    answer: dict[str, Any] = json.loads(content)
    if module == "foundation":
        answer["files"] += [
            {
                "path": path,
                "purpose": "It helps.",
                "language": "python",
                "exports": [{"name": tree.name, "kind": "function"} for tree in functions(text)],
            }
            for path, text in HELPERS.items()
        ]
    for file in answer["files"]:
        if file["path"] == TASKS:
            file["imports"] += [{"path": FONTS}, {"path": SHEET, "symbols": ["sheet"]}]
    return json.dumps(answer)


def functions(text: str) -> list[ast.FunctionDef]:
    """Functions of a text."""
    return [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]


@pytest.fixture(scope="module")
def model() -> RewordingModel:
    """It plans and uses helpers."""
    return HelpingModel()


async def test_helpers_go_with_who_needed_them_and_stay_where_another_file_loads_them(
    product: Product,
) -> None:
    assert product.before.keys() >= HELPERS.keys()
    record = await product.build(
        PRODUCT.model_copy(update={"features": (PLANS, DONE), "entities": (PROJECT,)})
    )
    assert record.status is BuildStatus.COMPLETED
    files = product.files(record)
    assert TASKS not in files
    assert FONTS not in files
    assert "app/paper/__init__.py" not in files
    assert files[SHEET] == HELPERS[SHEET]
    assert files["app/routers/project.py"] == product.before["app/routers/project.py"]
    assert not missing(files)
    folder = product.home / "store" / "project" / record.build_id
    change = json.loads((folder / REPORT_JSON).read_text(encoding="utf-8"))["change"]
    assert change["left"] == [
        f"No file that is needed is said to import `{SHEET}` any more, "
        "but `app/routers/project.py` names it."
    ]


def missing(files: dict[str, str]) -> set[str]:
    """Relative imports of a repository that mean nothing that is there."""
    return {
        f"{path}: {node.module}"
        for path, text in files.items()
        if path.endswith(".py")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and node.level
        if not is_there(PurePosixPath(path).parents[node.level - 1], node.module or "", files)
    }


def is_there(folder: PurePosixPath, module: str, files: dict[str, str]) -> bool:
    """Whether a module below a folder is one of some files."""
    base = str(folder / module.replace(".", "/"))
    return f"{base}.py" in files or f"{base}/__init__.py" in files
