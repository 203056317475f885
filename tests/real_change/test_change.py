"""A product is changed: what is asked of a model, and which files are different afterwards."""

import json
import subprocess
from collections import Counter

import pytest

from core.artifacts.build_record import BuildRecord, BuildStatus
from core.artifacts.questionnaire import Entity, Feature
from core.artifacts.specs import CleanSpec
from core.layout import COMMITTED_REPORT, REPORT_JSON, SPECS_CLEAN
from tests.real_change.conftest import Product, published
from tests.real_change.products import (
    DONE,
    NEXT,
    PLANS,
    PRODUCT,
    PROJECT,
    TASK,
    renamed,
    with_entities,
    with_features,
)
from tests.real_change.rewording import Asked

pytestmark = pytest.mark.usefixtures("prefect_server")

DIGEST = Feature(title="Weekly digest", description="Tasks of the last week are listed.")
LABEL = Entity(name="Label", description="A word that things are found by.")
ONCE = ("clarifier", "normalizer", "docs-creator", "schema-generator", "structural-validator")


def files_of(entity: str) -> set[str]:
    """Files that the demo model's contracts give to one entity."""
    code = {f"app/{folder}/{entity}.py" for folder in ("models", "schemas", "routers")}
    return code | {f"tests/factories/{entity}.py", f"tests/api/test_{entity}.py"}


def serving(entity: str) -> set[str]:
    """Files that carry out or show what the product has to do with one entity."""
    return {f"app/routers/{entity}.py", f"tests/api/test_{entity}.py", "README.md"}


def questions(
    *templates: str, planned: tuple[str, ...], reviewed: tuple[str, ...]
) -> Counter[Asked]:
    """One question of each template, and one for each module."""
    return Counter(
        [
            *(Asked(template) for template in templates),
            *(Asked("file-structure-generator", module) for module in planned),
            *(Asked("validator", module) for module in reviewed),
        ]
    )


def ids(product: Product, record: BuildRecord) -> dict[str, str]:
    """Requirements by number, with their titles as they were before anyone reworded them."""
    path = product.home / "store" / "project" / record.build_id / SPECS_CLEAN
    spec = CleanSpec.model_validate_json(path.read_text(encoding="utf-8"))
    return {item.id: item.title for item in spec.requirements}


def git(product: Product, *arguments: str) -> str:
    """What git says about the published repository."""
    done = subprocess.run(
        ["git", f"--git-dir={product.repository}", *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def require_branch(product: Product, record: BuildRecord) -> None:
    """A change is on a branch of its own, on top of what was published, which stays."""
    assert record.status is BuildStatus.COMPLETED
    assert record.baseline == product.first.build_id
    assert record.branch == f"build/{record.build_id}"
    assert record.repository == str(product.repository)
    assert git(product, "rev-parse", "main") == product.first.commit
    git(product, "merge-base", "--is-ancestor", "main", record.branch)


async def test_a_renamed_field_changes_the_files_about_its_entity(product: Product) -> None:
    record = await product.build(with_entities(PROJECT, renamed(TASK, "due date", "deadline")))
    require_branch(product, record)
    modules = ("task-records", "acceptance-tests-1", "delivery")
    reviewed = modules if product.model.rewords else ()
    assert product.planned == questions(*ONCE, planned=("foundation", *modules), reviewed=reviewed)
    assert product.written == files_of("task") | {"README.md"}
    # To the letter, the router is the same: it knows fields by the schema's classes alone.
    same = set[str]() if product.model.rewords else {"app/routers/task.py"}
    assert product.touched(record) == product.written - same
    texts = product.files(record)
    assert "deadline" in texts["app/models/task.py"]
    assert not any("due_date" in text for text in texts.values())


async def test_a_feature_that_is_new_changes_the_files_that_serve_it(product: Product) -> None:
    record = await product.build(with_features(PLANS, NEXT, DONE, DIGEST))
    require_branch(product, record)
    modules = ("task-records", "acceptance-tests-1", "delivery")
    assert product.planned == questions(
        *ONCE, "file-structure-generator", planned=modules, reviewed=modules
    )
    assert product.written == serving("task")
    # To the letter, the router is the same: it carries the requirement out as it is.
    same = set[str]() if product.model.rewords else {"app/routers/task.py"}
    assert product.touched(record) == product.written - same
    assert set(ids(product, record)) == {f"FR-{number}" for number in range(1, 8)}
    assert any("fr_7" in test.case for test in product.structure(record).tests)


async def test_a_feature_that_is_gone_changes_the_files_that_served_it(product: Product) -> None:
    record = await product.build(with_features(PLANS, NEXT))
    require_branch(product, record)
    modules = ("project-records", "acceptance-tests-1", "delivery")
    assert product.planned == questions("docs-creator", planned=modules, reviewed=modules)
    assert product.written == serving("project")
    same = set[str]() if product.model.rewords else {"app/routers/project.py"}
    assert product.touched(record) == product.written - same
    assert set(ids(product, record)) == {"FR-1", "FR-2", "FR-4", "FR-5", "FR-6"}

    back = await product.build(with_features(PLANS, NEXT, DONE))
    assert back.build_id != product.first.build_id, "the answers are old, and the change is new"
    assert back.baseline == record.build_id
    assert set(ids(product, back)) == {"FR-1", "FR-2", "FR-4", "FR-5", "FR-6", "FR-7"}


async def test_an_entity_that_is_new_brings_its_files_and_is_put_into_the_whole(
    product: Product,
) -> None:
    record = await product.build(with_entities(PROJECT, TASK, LABEL))
    require_branch(product, record)
    new = files_of("label")
    whole = {"app/main.py", "README.md"}
    assert product.written == new | whole
    assert product.touched(record) == product.written
    assert new.isdisjoint(product.before)


async def test_an_entity_that_is_gone_takes_its_files_along(product: Product) -> None:
    record = await product.build(
        PRODUCT.model_copy(update={"features": (PLANS, DONE), "entities": (PROJECT,)})
    )
    require_branch(product, record)
    assert not files_of("task") & product.files(record).keys()
    assert product.written == {"app/main.py", "README.md"}
    assert product.touched(record) == files_of("task") | product.written


async def test_where_nothing_changed_nothing_is_asked_and_nothing_published(
    product: Product,
) -> None:
    branches = git(product, "for-each-ref")
    record = await product.build(PRODUCT)
    assert not product.model.asked
    assert (record.build_id, record.commit) == (product.first.build_id, product.first.commit)
    assert record.branch == "main"
    assert git(product, "for-each-ref") == branches


async def test_a_change_built_again_is_the_same_build(product: Product) -> None:
    changed = with_features(PLANS, NEXT, DONE, DIGEST)
    record = await product.build(changed)
    again = await product.build(changed)
    assert not product.model.asked
    assert (again.build_id, again.commit) == (record.build_id, record.commit)
    assert again.baseline == product.first.build_id


async def test_another_summary_is_for_the_models_to_follow_up(product: Product) -> None:
    record = await product.build(PRODUCT.model_copy(update={"summary": "Keeps what is to do."}))
    require_branch(product, record)
    assert product.planned == questions(
        *("clarifier", "normalizer", "docs-creator"), planned=(), reviewed=()
    )
    # Pages and prose, and what has words of the summary.
    assert product.written == {"README.md", "app/static/index.html", "app/main.py"}
    served = {file.path for file in product.structure(record).files if file.template}
    assert product.touched(record) - served == product.written
    assert ids(product, record) == ids(product, product.first)
    texts = product.files(record)
    assert not any("keeps its projects and tasks in one place" in text for text in texts.values())


async def test_the_report_says_which_requirement_changed_which_file(product: Product) -> None:
    record = await product.build(with_features(PLANS, NEXT))
    folder = product.home / "store" / "project" / record.build_id
    change = json.loads((folder / REPORT_JSON).read_text(encoding="utf-8"))["change"]
    assert change["baseline"] == product.first.build_id
    assert change["asked"] == ["removed feature: Finished projects"]
    (line,) = change["lines"]
    assert (line["item"], line["how"]) == ("FR-3", "removed")
    told = {*line["files"]["changed"], *change["others"]["changed"]}
    assert told == product.touched(record)
    assert change["kept"] == len(product.before) - len(told)
    page = published(product.repository, record.branch)[COMMITTED_REPORT]
    assert "## What changed" in page
    assert "| FR\\-3" in page or "| FR-3" in page
