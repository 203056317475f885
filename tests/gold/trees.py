"""Gold repositories as folders, verified in the sandbox."""

import re
from pathlib import Path

from core.artifacts.structure import ValidatedStructure
from core.settings import SandboxLimits, Settings
from providers.sandbox.bubblewrap import BubblewrapSandbox
from tasks.engine.verification import Verification, verify
from tests.gold.repository import Gold


class Workshop:
    """A gold repository on disk, in which one file at a time can be wrong.

    Args:
        gold: the repository.
        folder: for the tree and what it needs installed.
    """

    def __init__(self, gold: Gold, folder: Path) -> None:
        self._gold = gold
        self._home = folder
        self._tree = folder / "tree"
        for path, text in gold.texts.items():
            (self._tree / path).parent.mkdir(parents=True, exist_ok=True)
            (self._tree / path).write_text(text, encoding="utf-8")
        self._structure = ValidatedStructure.model_validate(
            {
                "modules": [
                    {
                        **module,
                        "files": [gold.contract(file["path"]) for file in module["files"]],
                    }
                    for module in gold.modules
                ],
                "dependencies": gold.dependencies,
                "tests": gold.planned_tests(),
            }
        )

    async def verify(self, path: str = "", text: str = "") -> Verification:
        """Verify the repository with one file, if any, as it is given."""
        if path:
            (self._tree / path).write_text(text, encoding="utf-8")
        try:
            return await verify(
                self._tree,
                self._structure,
                sandbox=BubblewrapSandbox(),
                settings=Settings(home=self._home, sandbox=SandboxLimits(seconds=60)),
                only=self._tests() if path else (),
            )
        finally:
            if path:
                (self._tree / path).write_text(self._gold.texts[path], encoding="utf-8")

    def _tests(self) -> list[str]:
        """The files that hold tests, planned or not."""
        return [path for path in self._gold.texts if re.search(r"/test_|\.test\.", path)]
