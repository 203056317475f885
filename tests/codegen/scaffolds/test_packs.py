"""Every pack: what it serves keeps its own contract, whatever people call their product."""

import ast
import json
import tomllib
from html.parser import HTMLParser

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codegen.gate import gate
from codegen.runners.npm_gate_reports import ESLINT_RULES
from codegen.runners.python_gate import RUFF_RULES
from codegen.scaffolds.known_versions import known_versions
from codegen.scaffolds.pack_table import packs
from codegen.scaffolds.packs import WORKFLOW
from codegen.source.names import promised_exports
from tests.codegen.scaffolds.products import PRODUCTS, Product, made, product, spec_of

HOSTILE = (
    '"); import os; os.system("x"); ("',
    '""" + evil() + """',
    "${process.exit(1)} `x` */ alert(1) /*",
    "</title><script>alert(1)</script>",
    "{{ facts }} {% raw %} %sveltekit.head% %VITE_KEY%",
    "a\\",
    "Ünï ⏚ \U0001f680 \u202e\u2028 it's",
    "x\ny = 1",
    "TODO: implement. ... rest unchanged ...",
)


def accepted(made_product: Product) -> None:
    """Every served file passes the gate that models' files pass."""
    contracts = made_product.structure.files
    index = {item.path: promised_exports(item) for item in contracts}
    for path, text in made_product.served.items():
        result = gate(made_product.contract(path), text, index, made_product.structure.dependencies)
        assert not result.errors, (path, [str(item) for item in result.errors], text)
        assert text.endswith("\n")
        assert not text.endswith("\n\n")


@pytest.mark.parametrize("name", PRODUCTS)
def test_what_a_pack_serves_is_accepted_and_parses(name: str) -> None:
    served = made(name)
    accepted(served)
    for path, text in served.served.items():
        if path.endswith(".json"):
            json.loads(text)
        elif path.endswith(".yml"):
            assert yaml.safe_load(text)["jobs"]
    assert WORKFLOW in served.served
    assert "LICENSE" in served.served


@pytest.mark.parametrize("name", PRODUCTS)
def test_the_same_product_has_the_same_files(name: str) -> None:
    assert made(name) == made(name)


@pytest.mark.parametrize("name", PRODUCTS)
def test_workflows_are_served_only_where_they_may_be(name: str) -> None:
    stack, files = PRODUCTS[name]
    assert WORKFLOW not in product(spec_of(stack), files, workflows=False).served


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_workflow_lints_for_what_the_gate_does_and_for_no_more(name: str) -> None:
    jobs = yaml.safe_load(made(name).served[WORKFLOW])["jobs"]
    for job, told in jobs.items():
        (lint,) = [step for step in told["steps"] if "what is broken" in step.get("name", "")]
        if job == "python":
            assert f'--select "{RUFF_RULES}" .' in lint["run"]
        else:
            assert ESLINT_RULES > set(lint["env"]["BROKEN"].split()) > {"no-dupe-keys"}
        assert not [step for step in told["steps"] if step.get("run") == "npm run lint"]


@settings(max_examples=25)
@given(name=st.text(min_size=1, max_size=60), summary=st.text(min_size=1, max_size=300))
@example(name=HOSTILE[0], summary=HOSTILE[1])
@example(name=HOSTILE[2], summary=HOSTILE[2])
@example(name=HOSTILE[3], summary=HOSTILE[3])
@example(name=HOSTILE[4], summary=HOSTILE[4])
@example(name=HOSTILE[5], summary=HOSTILE[5])
@example(name=HOSTILE[6], summary=HOSTILE[6])
@example(name=HOSTILE[7], summary=HOSTILE[7])
def test_text_of_people_stays_text(name: str, summary: str) -> None:
    name, summary = name.strip() or "x", summary.strip() or "x"
    for kind in ("fastapi", "express", "react", "sveltekit"):
        stack, files = PRODUCTS[kind]
        plain = product(spec_of(stack), files)
        hostile = product(spec_of(stack, name=name, summary=summary), files)
        assert hostile.served.keys() == plain.served.keys()
        for path, text in hostile.served.items():
            assert shape(path, text) == shape(path, plain.served[path]), path


def shape(path: str, text: str) -> object:
    """What a file is, but for the texts in it."""
    if path.endswith(".py"):
        return [type(node).__name__ for node in ast.walk(ast.parse(text))]
    if path.endswith(".toml"):
        return keys_of(tomllib.loads(text))
    if path.endswith(".json"):
        return keys_of(json.loads(text))
    if path.endswith(".html"):
        reader = Tags()
        reader.feed(text)
        assert "%sveltekit.head%" not in text.replace("    %sveltekit.head%\n", "")
        return reader.tags
    return len(text.splitlines()) if path == "LICENSE" else text


def keys_of(value: object) -> object:
    if isinstance(value, dict):
        found: dict[str, object] = value  # pyright: ignore[reportUnknownVariableType] -- of any
        return {key: keys_of(item) for key, item in found.items()}
    return type(value).__name__


class Tags(HTMLParser):
    """Collects the tags of a page and the names of their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))


@pytest.mark.parametrize("text", HOSTILE)
def test_names_come_out_as_they_went_in(text: str) -> None:
    stack, files = PRODUCTS["fastapi"]
    hostile = product(spec_of(stack, name=text, summary=text), files)
    accepted(hostile)
    served = hostile.served
    project = tomllib.loads(served["pyproject.toml"])["project"]
    assert " ".join(project["description"].split()) == project["description"]
    calls = [
        node for node in ast.walk(ast.parse(served["app/main.py"])) if isinstance(node, ast.Call)
    ]
    (titles,) = [
        [item.value for item in call.keywords if item.arg == "title"]
        for call in calls
        if any(item.arg == "title" for item in call.keywords)
    ]
    assert ast.literal_eval(titles[0]) == text


def test_everything_that_packs_need_has_a_known_version() -> None:
    for pack in packs().values():
        needs = pack.needs
        for name in (*needs.runtime, *needs.development, *needs.typescript):
            assert name in known_versions().python or name in known_versions().npm, name
