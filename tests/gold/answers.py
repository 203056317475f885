"""The right answer to each prompt: what the repository needs, as far as the prompt asks for it."""

import json
import re
from collections.abc import Callable, Collection, Iterable

from tests.gold.contracts import Document
from tests.gold.prompt import Prompt
from tests.gold.repository import Gold

_SPEC_KEYS = ("project_name", "summary", "users", "stack", "constraints", "non_goals")


def answer(gold: Gold, prompt: Prompt, unwritten: Collection[str] = ()) -> str:
    """Answer a prompt from a gold repository.

    Args:
        gold: the repository.
        prompt: what is asked.
        unwritten: files that may not be there by now; what they promise is enough to be shown.

    Raises:
        RequestRefusedError: the prompt lacks what the answer needs, or asks for another product.
    """
    if prompt.template not in _ANSWERS:
        prompt.forgot(f"to be one of {', '.join(_ANSWERS)}")
    if prompt.template == "coder":
        return _code(gold, prompt, unwritten)
    return _ANSWERS[prompt.template](gold, prompt)


def _clarify(gold: Gold, prompt: Prompt) -> str:
    asked = prompt.document("questionnaire")
    _require_spec(gold, prompt, asked)
    kept = {key: asked[key] for key in (*_SPEC_KEYS, "features", "entities")}
    return _json({"questions": [], "specs": {**kept, "assumptions": []}})


def _normalize(gold: Gold, prompt: Prompt) -> str:
    specs = prompt.document("specs")
    _require_spec(gold, prompt, specs)
    return _json(
        {
            **{key: specs[key] for key in _SPEC_KEYS},
            "slug": gold.plan["slug"],
            "requirements": gold.requirements,
            "entities": [_without(entity, "table") for entity in gold.entities],
            "assumptions": [],
        }
    )


def _require_spec(gold: Gold, prompt: Prompt, specs: Document) -> None:
    """The product must be the one that is known, with everything that is asked of it."""
    for key in ("project_name", "summary", "stack"):
        prompt.require(specs.get(key) == gold.plan[key], f"{key} {gold.plan[key]!r}")
    titles = {feature["title"] for feature in specs["features"]}
    missing = [item["title"] for item in gold.requirements if item["title"] not in titles]
    prompt.require(not missing, f"the features {missing}")
    names = {entity["name"] for entity in specs["entities"]}
    prompt.require(names == {entity["name"] for entity in gold.entities}, "the entities")


def _document(gold: Gold, prompt: Prompt) -> str:
    specs = prompt.document("specs")
    prompt.require(specs["requirements"], "the requirements")
    lines = [f"# {specs['project_name']}", "## Overview", specs["summary"], "## Requirements"]
    for item in specs["requirements"]:
        lines += [f"### {item['id']}: {item['title']}", item["description"]]
        lines.append("\n".join(f"- {fact}" for fact in item["acceptance_criteria"]))
    lines.append("## Entities")
    for entity in specs["entities"]:
        lines += [f"### {entity['name']}", entity["description"]]
    return "\n\n".join(line for line in lines if line) + "\n"


def _design(gold: Gold, prompt: Prompt) -> str:
    specs, asked = prompt.document("specs"), prompt.document("asked")["names"]
    named = {entity["name"]: entity for entity in specs["entities"]}
    prompt.require(set(asked) <= named.keys(), "the entities that it asks for")
    tables = {entity["name"]: entity["table"] for entity in gold.entities}
    first = not specs["entities"] or specs["entities"][0]["name"] in asked
    return _json(
        {
            "entities": [{**named[name], "table": tables[name]} for name in asked],
            "endpoints": [
                endpoint
                for endpoint in gold.endpoints
                if endpoint.get("entity") in asked or (not endpoint.get("entity") and first)
            ],
        }
    )


def _find_issues(gold: Gold, prompt: Prompt) -> str:
    _require_schema(prompt, prompt.document("schema"), gold.entities, gold.endpoints)
    _require_docs(prompt, [item["id"] for item in gold.requirements])
    return _json({"issues": []})


def _structure(gold: Gold, prompt: Prompt) -> str:
    return _files(gold, prompt) if "module" in prompt else _modules(gold, prompt)


def _modules(gold: Gold, prompt: Prompt) -> str:
    numbers = [item["id"] for item in prompt.document("specs")["requirements"]]
    prompt.require(numbers == [item["id"] for item in gold.requirements], "requirements")
    _require_schema(prompt, prompt.document("schema"), gold.entities, gold.endpoints)
    _require_docs(prompt, numbers)
    modules: list[Document] = [
        {"requirements": [], "entities": [], **_without(module, "files")} for module in gold.modules
    ]
    return _json({"modules": modules, "dependencies": gold.dependencies})


def _files(gold: Gold, prompt: Prompt) -> str:
    name = prompt.document("module")["name"]
    plan = prompt.document("plan")
    known = {file["path"]: file for module in plan["modules"] for file in module["files"]}
    contracts = [gold.contract(file["path"]) for file in gold.module(name)["files"]]
    known |= {contract["path"]: contract for contract in contracts}
    for contract in contracts:
        _require_imports(prompt, contract, known)
    _require_docs(prompt, gold.module(name).get("requirements", []))
    _require_module_schema(gold, prompt, name)
    return _json({"files": contracts, "tests": gold.planned_tests(name)})


def _review(gold: Gold, prompt: Prompt) -> str:
    name = prompt.document("module")["name"]
    shown = {file["path"]: file for file in prompt.document("module")["files"]}
    others = prompt.document("others")["files"]
    known = {file["path"]: file for file in others}
    contracts = [gold.contract(file["path"]) for file in gold.module(name)["files"]]
    known |= {contract["path"]: contract for contract in contracts}
    for contract in contracts:
        # What other modules export may be wrong for now; that they are there must be said.
        missing = [item["path"] for item in contract["imports"] if item["path"] not in known]
        prompt.require(not missing, f"the files {missing}")
    _require_module_schema(gold, prompt, name)
    _require_docs(prompt, gold.module(name).get("requirements", []))
    issues = [issue["id"] for issue in prompt.document("issues")["issues"]]
    changed = [item["path"] for item in contracts if not _holds(shown.get(item["path"]), item)]
    corrections = [f"{path}: its contract is now as it should be." for path in changed]
    corrections += [f"{number}: the module's files settle it." for number in issues]
    return _json(
        {
            "files": contracts,
            "tests": gold.planned_tests(name),
            "corrections": corrections,
            "resolved": issues,
        }
    )


def _brief(gold: Gold, prompt: Prompt) -> str:
    contract = _known_contract(gold, prompt)
    neighbours = {file["path"]: file for file in prompt.document("neighbours")["files"]}
    _require_imports(prompt, contract, neighbours)
    _require_docs(prompt, contract["requirements"])
    _require_tests(gold, prompt)
    told = [f"{number} holds." for number in contract["requirements"]] or ["Nothing."]
    return "\n".join(
        [
            *("Purpose", f"{contract['path']}: {contract['purpose']}", ""),
            *("Public names", "As in the contract.", "", "Behaviour", *told, ""),
            *("Errors and edge cases", "Nothing.", "", "Tests", "As planned."),
        ]
    )


def _code(gold: Gold, prompt: Prompt, unwritten: Collection[str] = ()) -> str:
    contract = _known_contract(gold, prompt)
    path = contract["path"]
    prompt.require(f"{path}: " in prompt.text("brief"), "the brief of this file")
    sources = {file["path"]: file["content"] for file in prompt.document("sources")["files"]}
    promised = {item["path"]: item["exports"] for item in prompt.document("others")["files"]}
    for item in contract["imports"]:
        text = sources.get(item["path"], "")
        if item["path"] in unwritten:
            text = text or "\n".join(promised.get(item["path"], []))
        # It may be wrong by now, but it must be there, with what is taken from it.
        shown = text and all(name in text for name in item["symbols"])
        prompt.require(shown or not gold.texts[item["path"]], f"the text of {item['path']!r}")
    packages = {item["name"] for item in prompt.document("project")["dependencies"]}
    missing = set(contract["packages"]) - packages
    prompt.require(not missing, f"the dependencies {sorted(missing)}")
    _require_tests(gold, prompt)
    return in_block(gold.texts[path], path, contract["language"])


def _mend(gold: Gold, prompt: Prompt) -> str:
    files = prompt.document("files")["files"]
    wrong = [
        file["path"]
        for file in files
        if file["path"] in gold.texts and file["content"] != gold.texts[file["path"]]
    ]
    if not wrong:
        return "NO CHANGE: the files that are shown are as they should be.\n"
    blocks = [in_block(gold.texts[path], path, gold.contract(path)["language"]) for path in wrong]
    return "\n".join([f"{wrong[0]} is not as it should be.\n", *blocks])


def in_block(text: str, path: str, language: str) -> str:
    """A file as a model answers with it: one fenced block that names it."""
    longest = max((len(run) for run in re.findall(r"^`+", text, re.MULTILINE)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language} {path}\n{text}{fence}\n"


def _known_contract(gold: Gold, prompt: Prompt) -> Document:
    """The contract in the prompt, which must promise what the file really holds."""
    path = prompt.document("file")["path"]
    prompt.require(path in gold.texts, f"that there is no file {path!r}")
    contract = gold.contract(path)
    given = prompt.document("file")
    prompt.require(_holds(given, contract), f"what the contract of {path!r} says: {contract}")
    return contract


def _holds(given: Document | None, contract: Document) -> bool:
    """Whether a contract says all that it should; it may say more."""
    return given is not None and all(
        given.get(key) == value
        for key, value in contract.items()
        if key in given or value not in ("", [])
    )


def _require_imports(prompt: Prompt, contract: Document, known: dict[str, Document]) -> None:
    for item in contract["imports"]:
        there = known.get(item["path"])
        prompt.require(there is not None, f"the file {item['path']!r}")
        names = {export["name"] for export in (there or {}).get("exports", [])}
        lacking = set(item["symbols"]) - names
        prompt.require(not lacking, f"the exports {sorted(lacking)} of {item['path']!r}")


def _require_docs(prompt: Prompt, requirements: Iterable[str]) -> None:
    docs = prompt.text("docs")
    missing = [number for number in requirements if f"### {number}: " not in docs]
    prompt.require(not missing, f"the docs of {missing}")


def _require_schema(
    prompt: Prompt, schema: Document, entities: list[Document], endpoints: list[Document]
) -> None:
    stored = {entity["name"] for entity in schema["entities"]}
    missing = [entity["name"] for entity in entities if entity["name"] not in stored]
    served = {f"{item['method']} {item['path']}" for item in schema["endpoints"]}
    wanted = [f"{item['method']} {item['path']}" for item in endpoints]
    missing += [name for name in wanted if name not in served]
    prompt.require(not missing, f"the parts {missing} of the schema")


def _require_module_schema(gold: Gold, prompt: Prompt, name: str) -> None:
    mine = gold.module(name).get("entities", [])
    entities = [entity for entity in gold.entities if entity["name"] in mine]
    endpoints = [item for item in gold.endpoints if item.get("entity") in mine]
    _require_schema(prompt, prompt.document("schema"), entities, endpoints)


def _require_tests(gold: Gold, prompt: Prompt) -> None:
    planned = [test for test in gold.planned_tests() if test["path"] == prompt.about]
    prompt.require(prompt.document("tests")["tests"] == planned, "the planned tests")


def _without(document: Document, *keys: str) -> Document:
    return {key: value for key, value in document.items() if key not in keys}


def _json(document: Document) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False)


_ANSWERS: dict[str, Callable[[Gold, Prompt], str]] = {
    "clarifier": _clarify,
    "normalizer": _normalize,
    "docs-creator": _document,
    "schema-generator": _design,
    "structural-validator": _find_issues,
    "file-structure-generator": _structure,
    "validator": _review,
    "prompt-builder": _brief,
    "coder": _code,
    "debugger": _mend,
}
