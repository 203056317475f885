"""A product that is built and published, for each test to change in a copy of its own."""

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core.artifacts.build_record import BuildRecord
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.structure import ValidatedStructure
from core.layout import COMMITTED_REPORT, VALIDATED_STRUCTURE
from core.options import BuildOptions
from flows.build_app import build_app
from tests.flows.reading_verification import read_verification
from tests.model_server import CountingModel
from tests.real_change.products import PRODUCT
from tests.real_change.rewording import Asked, RewordingModel
from tests.thread_server import served

OPTIONS = BuildOptions(models={"all": "local/rewording"})


@dataclass
class Product:
    """A product, and the model that builds it.

    Attributes:
        home: where everything is kept.
        model: asked by every stage.
        first: its first build.
        before: what it published, by path.
    """

    home: Path
    model: RewordingModel
    first: BuildRecord
    before: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def repository(self) -> Path:
        """Where it is published."""
        return self.home / "repositories" / Path(self.first.repository).name

    async def build(self, questionnaire: Questionnaire) -> BuildRecord:
        """Build the product with other answers; what was asked before is forgotten."""
        self.model.asked.clear()
        return await build_app(questionnaire, OPTIONS)

    def files(self, record: BuildRecord) -> dict[str, str]:
        """What a build published, by path, without its report."""
        return {
            path: text
            for path, text in published(self.repository, record.branch).items()
            if path != COMMITTED_REPORT
        }

    def touched(self, record: BuildRecord) -> set[str]:
        """Paths of files that are different from those of the first build."""
        after = self.files(record)
        paths = self.before.keys() | after.keys()
        return {path for path in paths if self.before.get(path) != after.get(path)}

    def structure(self, record: BuildRecord) -> ValidatedStructure:
        """What a build planned."""
        path = self.home / "store" / "project" / record.build_id / VALIDATED_STRUCTURE
        return ValidatedStructure.model_validate_json(path.read_text(encoding="utf-8"))

    @property
    def written(self) -> set[str]:
        """Paths of the files that models were asked for, each once of both that write a file."""
        coder = self._asked_of("coder")
        assert self._asked_of("prompt-builder") == coder
        assert {*coder.values()} <= {1}
        return set(coder)

    def _asked_of(self, template: str) -> Counter[str]:
        """How often each file was asked for of one model."""
        return Counter(
            {asked.about: n for asked, n in self.model.asked.items() if asked.template == template}
        )

    @property
    def planned(self) -> Counter[Asked]:
        """Questions that are about no file."""
        return Counter(
            {
                asked: times
                for asked, times in self.model.asked.items()
                if asked.template not in {"coder", "prompt-builder"}
            }
        )


def published(repository: Path, branch: str) -> dict[str, str]:
    """Text of every file of a branch, by path."""
    git = ("git", f"--git-dir={repository}")
    listed = subprocess.run(
        [*git, "ls-tree", "-r", "--name-only", "-z", branch], check=True, capture_output=True
    )
    paths = listed.stdout.decode().split("\0")[:-1]
    return {
        path: subprocess.run(
            [*git, "show", f"{branch}:{path}"], check=True, capture_output=True
        ).stdout.decode()
        for path in paths
    }


@pytest.fixture(scope="module", params=[False, True], ids=["to the letter", "in other words"])
def model(request: pytest.FixtureRequest) -> RewordingModel:
    """A model that keeps to the letter, and one that never says the same in the same words."""
    model = RewordingModel()
    model.rewords = request.param
    return model


@pytest.fixture(scope="module")
def patched(model: RewordingModel) -> Iterator[pytest.MonkeyPatch]:
    """Every stage asks that model; repositories are verified by their text."""
    with (
        served(CountingModel(model, 0.0).app()) as url,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("LOCAL_LLM_BASE_URL", f"{url}/v1")
        patch.setenv("MODEL_ROUTER_DEMO_MODE", "disabled")
        patch.setenv("APP_BUILDER_RESPONSE_CACHE_SECONDS", "0")
        patch.setattr("tasks.fixing.workbench.verify", read_verification)
        yield patch


@pytest.fixture(scope="module")
async def first(
    prefect_server: None,
    model: RewordingModel,
    patched: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, BuildRecord]:
    """The product, built once for all tests."""
    home = tmp_path_factory.mktemp("first")
    patched.setenv("APP_BUILDER_HOME", str(home))
    return home, await build_app(PRODUCT, OPTIONS)


@pytest.fixture
async def product(
    first: tuple[Path, BuildRecord],
    model: RewordingModel,
    patched: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Product:
    """The product in a copy of its own."""
    home, record = first
    shutil.copytree(home, tmp_path / "home")
    patched.setenv("APP_BUILDER_HOME", str(tmp_path / "home"))
    made = Product(tmp_path / "home", model, record)
    made.before = made.files(record)
    return made
