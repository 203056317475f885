"""A gold repository built through the real flow, and what came of it."""

import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from core.artifacts.build_record import BuildRecord
from core.artifacts.questionnaire import Questionnaire
from core.layout import COMMITTED_REPORT
from core.options import BuildOptions
from flows.build_app import build_app
from tasks.engine.schema_parts import ENTITIES_AT_ONCE
from tests.flows.command import templates
from tests.gold.contracts import Document
from tests.gold.playback import Place, Playback
from tests.gold.repository import Gold


def questionnaire_of(gold: Gold) -> Questionnaire:
    """What a person who wants this repository fills in."""
    plan = gold.plan
    return Questionnaire.model_validate(
        {
            **{
                key: plan[key]
                for key in ("project_name", "summary", "users", "stack", "constraints", "non_goals")
            },
            "features": [
                {"title": item["title"], "description": item["description"]}
                for item in gold.requirements
            ],
            "entities": [_entity(entity) for entity in gold.entities],
        }
    )


def _entity(entity: Document) -> Document:
    keys = ("name", "type", "required", "choices", "description")
    fields = [{key: field[key] for key in keys if key in field} for field in entity["fields"]]
    relations = [
        {"name": item["name"], "type": "reference", "target": item["target"]}
        for item in entity.get("relations", [])
    ]
    return {
        "name": entity["name"],
        "description": entity.get("description", ""),
        "fields": [*fields, *relations],
    }


def options_of(fresh: str = "") -> BuildOptions:
    """Every template asks the playback, under a model of its own name."""
    return BuildOptions(models={name: f"local/{name}" for name in templates()}, fresh=fresh)


async def build(gold: Gold, fresh: str = "") -> BuildRecord:
    """Build a gold repository.

    Raises:
        StageFailedError: the build halted.
    """
    return await build_app(questionnaire_of(gold), options_of(fresh))


@dataclass(frozen=True)
class Published:
    """What lies in the repository that a build published to.

    Attributes:
        branches: the names of its branches.
        texts: text of every file of one branch, by path.
    """

    branches: tuple[str, ...]
    texts: dict[str, str]


def published(repository: Path, branch: str) -> Published:
    """Read a bare repository."""
    names = _git(repository, "for-each-ref", "--format=%(refname:short)", "refs/heads")
    paths = _git(repository, "ls-tree", "-r", "-z", "--name-only", branch).split("\0")
    texts = {path: _git(repository, "show", f"{branch}:{path}") for path in paths if path}
    return Published(tuple(names.split()), texts)


def _git(repository: Path, *arguments: str) -> str:
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout.decode()


def branches(record: BuildRecord) -> list[str]:
    """The branches of the repository that a build published to."""
    return list(published(Path(record.repository), record.branch).branches)


def assert_reproduced(gold: Gold, record: BuildRecord, playback: Playback) -> None:
    """The default branch holds the repository byte for byte, and nothing was asked twice."""
    assert_published_as_it_is(gold, record)
    assert playback.asked == Counter(expected_questions(gold))
    assert record.totals.calls == len(expected_questions(gold))


def assert_published_as_it_is(gold: Gold, record: BuildRecord) -> None:
    """The default branch holds the repository byte for byte, and the pipeline's report."""
    assert (record.test_status, record.branch) == ("green", "main"), record.test_reason
    found = published(Path(record.repository), record.branch)
    assert found.branches == ("main",)
    texts = dict(found.texts)
    assert texts.pop(COMMITTED_REPORT).startswith("# ")
    assert texts == gold.texts


def expected_questions(gold: Gold) -> list[Place]:
    """Every question that a build needs, each once."""
    modules = [module["name"] for module in gold.modules]
    written = [path for path in gold.texts if not _asks_nobody(gold, path)]
    entities = [entity["name"] for entity in gold.entities]
    groups = [
        ",".join(entities[start : start + ENTITIES_AT_ONCE])
        for start in range(0, len(entities), ENTITIES_AT_ONCE)
    ] or [""]
    return [
        *(Place(name, "") for name in ("clarifier", "normalizer", "docs-creator")),
        *(Place("schema-generator", group) for group in groups),
        Place("structural-validator", ""),
        Place("file-structure-generator", ""),
        *(Place("file-structure-generator", name) for name in modules),
        *(Place("validator", name) for name in modules),
        *(Place("prompt-builder", path) for path in written),
        *(Place("coder", path) for path in written),
    ]


def _asks_nobody(gold: Gold, path: str) -> bool:
    """An empty package marker, or what a pack writes."""
    return path in gold.served or (path.endswith("__init__.py") and not gold.texts[path])
