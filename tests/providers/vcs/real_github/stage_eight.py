"""Stage 8 on its way to a small GitHub: all of it is real but the models and the page in the UI."""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.artifacts.build_record import BuildRecord
from core.artifacts.file_prompts import FilePrompts
from core.artifacts.fixes import Fixes
from core.artifacts.report import TestReport
from core.artifacts.specs import ClarificationHistory
from core.artifacts.structure import FileContract, Module, ValidatedStructure
from core.layout import (
    CLARIFICATION_HISTORY,
    CODE,
    FILE_PROMPTS,
    FIXES,
    SPECS,
    SPECS_CLEAN,
    TESTS_REPORT,
    VALIDATED_STRUCTURE,
)
from core.options import BuildOptions, Publisher
from core.settings import GitHubSettings, Settings
from providers.secrets.chain import SecretChain
from providers.secrets.environment import EnvironmentSecrets
from providers.vcs.github import GitHubPublisher
from providers.vcs.github_retry import CappedRetry
from providers.vcs.history import Commit, FileChange, write_history
from tasks.engine import console
from tasks.engine.build_session import BuildSession
from tasks.engine.history import BRANCH
from tasks.engine.publishers import open_publisher
from tasks.publish_repository import publish_repository
from tests.codegen.structures import MODULE, SPEC
from tests.providers.vcs.github_server import TOKEN
from tests.tasks.sessions import ANSWERS, ScriptedModel, open_session, work_on

FILES = {"app/models.py": "x = 1\n", "app/routes.py": "y = 1\n"}


async def show_nothing(*_: object) -> None:
    """Stands in for the page in the UI, which needs a Prefect server."""


@dataclass(frozen=True)
class StageEight:
    """One build as it comes to stage 8.

    Attributes:
        folder: of everything it keeps.
        url: of the server.
        build: the build's id.
        green: whether its tests are.
        texts: its files.
        token: what it publishes with.
        github: further settings.
        app_key: private key of the app that publishes, where the settings name one.
        keys: further secrets that the build looked up, by name.
        served: paths of files that a template serves.
    """

    folder: Path
    url: str
    build: str = "b-1"
    green: bool = True
    texts: Mapping[str, str] = field(default_factory=lambda: FILES)
    token: str = TOKEN
    github: Mapping[str, object] = field(default_factory=dict[str, object])
    app_key: str = ""
    keys: Mapping[str, str] = field(default_factory=dict[str, str])
    served: tuple[str, ...] = ()

    async def run(self) -> BuildRecord:
        """Write the history that stage 7 leaves, and run the stage on it."""
        return await self.publish(await self.write())

    async def write(self) -> str:
        """Write the history; the id of its last commit."""
        changes = (
            Commit(f"Write {path}", (FileChange(path, self.texts[path]),)) for path in self.texts
        )
        return (await write_history(self.open().repository, list(changes), branch=BRANCH))[-1]

    async def publish(self, commit: str) -> BuildRecord:
        """Run the stage on what `write` wrote."""
        inputs = {
            SPECS: ANSWERS,
            CLARIFICATION_HISTORY: ClarificationHistory(),
            SPECS_CLEAN: SPEC,
            VALIDATED_STRUCTURE: ValidatedStructure(modules=(self._module(),)),
            CODE: commit,
            FILE_PROMPTS: FilePrompts(budget=1),
            TESTS_REPORT: TestReport(
                status="green" if self.green else "red",
                reason="" if self.green else "1 test failed.",
            ),
            FIXES: Fixes(status="not-needed"),
        }
        session = self.open()
        await publish_repository(work_on(session, "8", inputs))
        return session.recorder.record

    def _module(self) -> Module:
        served = (
            FileContract(
                path=path, purpose="Runs the tests.", language="yaml", template="tests.yml"
            )
            for path in self.served
        )
        return MODULE.model_copy(update={"files": (*MODULE.files, *served)})

    def open(self) -> BuildSession:
        """The build's session."""
        options = BuildOptions(publisher=Publisher.GITHUB, repository_name="shop")
        settings = Settings(
            home=self.folder,
            github=GitHubSettings.model_validate({"api": f"{self.url}/api/v3", **self.github}),
        )
        publisher = open_publisher(
            settings,
            options,
            self._secrets(),
        )
        assert isinstance(publisher, GitHubPublisher)
        quick = CappedRetry.patient(longest=2, backoff=0, attempts=2)
        account = replace(publisher.account, writes_apart=0, retry=quick)
        folder = self.folder / self.build
        folder.mkdir(parents=True, exist_ok=True)
        return replace(
            open_session(folder, ScriptedModel([]), options=options),
            settings=settings,
            build_id=self.build,
            publisher=replace(publisher, account=account),
        )

    def _secrets(self) -> SecretChain:
        given = {"GITHUB_TOKEN": self.token, "GITHUB_APP_PRIVATE_KEY": self.app_key, **self.keys}
        chain = SecretChain([EnvironmentSecrets(given)])
        for name in self.keys:
            assert chain.get(name), "as the check of keys before a build does"
        return chain


def main() -> None:
    """Publish as the arguments say: folder, URL, build, `green` or `red`, and the commit."""
    folder, url, build, status, commit = sys.argv[1:]
    console.show_repository = show_nothing
    stage = StageEight(Path(folder), url, build=build, green=status == "green")
    asyncio.run(stage.publish(commit))


if __name__ == "__main__":
    main()
