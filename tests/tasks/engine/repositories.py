"""Verifies small repositories in real boxes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.artifacts.structure import Module, PlannedTest, ValidatedStructure
from core.settings import SandboxLimits, Settings
from providers.sandbox.bubblewrap import BubblewrapSandbox
from tasks.engine.verification import Verification, verify

MANIFEST = '[project]\nname = "shop"\nversion = "0"\n'
PASSING = "def test_adds():\n    assert 1 + 1 == 2\n"


@dataclass(frozen=True)
class Repositories:
    """Writes repositories below a folder and verifies them."""

    folder: Path
    sandbox: BubblewrapSandbox

    async def verify(
        self,
        files: Mapping[str, str],
        *,
        limits: SandboxLimits | None = None,
        planned: tuple[PlannedTest, ...] = (),
        only: Collection[str] = (),
        manifest: str = MANIFEST,
    ) -> Verification:
        """Verify a repository of these files, with a manifest where it is not left empty."""
        tree = self.folder / "tree"
        given = {"pyproject.toml": manifest, **files} if manifest else dict(files)
        for name, content in given.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(content)
        before = sorted(tree.rglob("*"))
        module = Module(name="core", purpose="All.")
        verification = await verify(
            tree,
            ValidatedStructure(modules=(module,), tests=planned),
            sandbox=self.sandbox,
            settings=Settings(home=self.folder, sandbox=limits or SandboxLimits(seconds=60)),
            only=only,
        )
        assert sorted(tree.rglob("*")) == before, "the tree was written to"
        return verification


def steps_of(verification: Verification) -> dict[str, str]:
    """Status of every step by its name."""
    return {step.name: step.status for step in verification.report.steps}
