import re

from core.artifacts.specs import CleanSpec, Relation, Requirement, SpecEntity, SpecField
from tests.providers.llm.demo.asking import answer
from tests.providers.llm.demo.driver import plan
from tests.providers.llm.demo.questionnaires import example


async def test_everything_has_its_section() -> None:
    docs = (await plan(example("task-tracker"))).docs
    headings = re.findall(r"^#{1,3} .*$", docs, re.MULTILINE)
    assert headings[:5] == [
        "# Task Tracker",
        "## Overview",
        "## Users",
        "## Requirements",
        "### FR-1: Due dates at a glance",
    ]
    for heading in ("## Entities", "### Task", "## Interfaces", "## Operations", "## Non-goals"):
        assert heading in headings
    assert "- `labels`: any number of Label. Any number of labels." in docs
    assert "- `status`: one of open; in progress; done, required." in docs
    assert "Concerns: Task." in docs


async def test_no_text_of_a_person_makes_a_heading() -> None:
    made = await plan(example("hostile"))
    headings = re.findall(r"^#{1,6} .*$", made.docs, re.MULTILINE)
    requirements = [line for line in headings if line.startswith("### FR-")]
    assert len(requirements) == len(made.spec.requirements)
    assert made.docs.count("<!-- schema: begin -->") == 1
    written = made.docs.split("<!-- schema: begin -->")[0]
    assert "```" not in written
    assert "<" not in written


async def test_a_long_summary_is_kept_apart_from_the_overview() -> None:
    made = await plan(example("hostile"))
    overview = made.docs.split("## Overview")[1].split("\n## ")[0]
    assert len(overview) < 600
    assert len(made.docs.split("## In the asker's own words")[1]) > 20_000


async def test_an_entity_may_have_nothing_but_its_id() -> None:
    spec = CleanSpec(
        project_name="X",
        slug="x",
        summary="\x00",
        requirements=(Requirement(id="FR-1", title="Be"),),
        entities=(
            SpecEntity(name="Bare"),
            SpecEntity(
                name="Linked",
                fields=(SpecField(name="a", description="<i>"),),
                relations=(Relation(name="b", target="Bare", kind="one_to_one", required=True),),
            ),
        ),
    )
    docs = await answer("docs-creator", specs=spec)
    assert "A small application." in docs
    assert "It has nothing but its id." in docs
    assert "- `a`: string. &lt;i&gt;\n- `b`: exactly one Bare, required." in docs
    assert "## Users" not in docs
