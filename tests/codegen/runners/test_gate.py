import json
import subprocess
from pathlib import Path

import pytest
from ruff import find_ruff_bin  # pyright: ignore[reportMissingTypeStubs] -- ships no types

from codegen.runners.gate import gate_steps
from core.artifacts.run_plan import Runner, RunPlan, Step, Tool

PYPROJECT = '[project]\nname = "shop"\n'


def plan(files: dict[str, str]) -> RunPlan:
    return gate_steps(files, report_path="/result")


def steps(files: dict[str, str]) -> dict[str, Step]:
    return {step.name: step for step in plan(files).steps}


def loaded(files: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The folders that the load check imports from, and the module of each file."""
    step = steps({"pyproject.toml": PYPROJECT, **files})["load check"]
    start = step.command.index("/result")
    roots, *items = step.command[start + 3 :]
    return roots, {path: module for module, _, path in (item.partition(":") for item in items)}


def test_a_repository_without_manifest_or_without_code_is_not_checked():
    assert plan({"README.md": "", "main.py": ""}) == RunPlan()
    manifests = {"a/pyproject.toml": PYPROJECT, "b/package.json": "{}", "c/go.mod": "module c\n"}
    assert plan(manifests) == RunPlan()


def test_each_project_is_checked_by_its_own_tools():
    found = steps(
        {
            "api/pyproject.toml": PYPROJECT,
            "api/shop.py": "",
            "web/package.json": json.dumps({"devDependencies": {"typescript": "5", "eslint": "9"}}),
            "web/tsconfig.json": "{}",
            "web/eslint.config.js": "export default [];\n",
            "jobs/go.mod": "module example.com/jobs\n",
            "jobs/main.go": "package main\n",
        }
    )
    assert list(found) == [
        "load check in api",
        "ruff in api",
        "node --check in web",
        "tsc in web",
        "eslint in web",
        "go vet in jobs",
    ]
    assert {step.kind for step in found.values()} == {"gate"}
    assert found["load check in api"].tools == (Tool.LOAD_PROBE,)
    assert found["ruff in api"].tools == (Tool.RUFF,)
    assert found["ruff in api"].command[:3] == ("/tools/ruff", "check", "--isolated")
    assert found["tsc in web"].command == ("tsc", "--noEmit", "-p", ".", "--pretty", "false")
    assert found["node --check in web"].command[-1] == "m:eslint.config.js"


def test_files_that_nothing_imports_are_compiled_only():
    roots, modules = loaded(
        {
            "shop/__init__.py": "",
            "shop/cart.py": "",
            "shop/__main__.py": "",
            "shop/class.py": "",
            "shop/bad-name.py": "",
            "shop/cart_test.py": "",
            "tests/test_a.py": "",
            "tests/conftest.py": "",
            "scripts/seed.py": "",
            "migrations/versions/0001_first.py": "",
            "setup.py": "",
            "main.py": "",
        }
    )
    assert roots == "."
    assert {path: module for path, module in modules.items() if module} == {
        "main.py": "main",
        "shop/__init__.py": "shop",
        "shop/cart.py": "shop.cart",
    }
    assert len(modules) == 12


@pytest.mark.parametrize(
    ("files", "roots", "modules"),
    [
        (["src/shop/__init__.py", "src/shop/a.py"], "src:.", ["shop", "shop.a"]),
        (["src/shop/a.py"], "src:.", ["shop.a"]),
        (["src/a.py"], "src:.", ["a"]),
        (["lib/shop/__init__.py", "lib/shop/in/__init__.py"], "lib:.", ["", "shop"]),
        (["back/end/shop/__init__.py", "back/run.py"], "back/end:.", ["shop", "back.run"]),
        (["shop/a.py"], ".", ["shop.a"]),
    ],
)
def test_modules_go_by_the_name_of_their_outermost_package(
    files: list[str], roots: str, modules: list[str]
):
    seen, named = loaded(dict.fromkeys(files, ""))
    assert (seen, sorted(named.values())) == (roots, sorted(modules))


@pytest.mark.parametrize(
    ("value", "roots"),
    [('["app", "lib/"]', "app:lib:."), ('"app"', "app:."), ("1", "1:."), ('["C:x"]', ".")],
)
def test_folders_that_pytest_looks_in_are_looked_in(value: str, roots: str):
    manifest = PYPROJECT + f"[tool.pytest.ini_options]\npythonpath = {value}\n"
    seen, _ = loaded({"pyproject.toml": manifest, "app/shop.py": ""})
    assert seen == roots


@pytest.mark.parametrize("manifest", ["[project\n", "tool = 1\n", "[tool]\npytest = []\n"])
def test_a_manifest_that_says_nothing_of_pytest_adds_no_folder(manifest: str):
    assert loaded({"pyproject.toml": manifest, "shop.py": ""})[0] == "."


def test_the_settings_of_django_are_passed_on():
    text = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
    command = steps({"pyproject.toml": PYPROJECT, "manage.py": text})["load check"].command
    assert command[command.index("/result") + 2] == "shop.settings"


def checked(files: dict[str, str], **manifest: object) -> list[str]:
    """The files that node checks, each with its kind."""
    found = steps({"package.json": json.dumps(manifest), **files})
    return list(found["node --check"].command[4:]) if found else []


def test_each_script_is_checked_as_the_kind_of_module_it_is():
    files = {
        "a.js": "import x from 'x';\n",
        "b.js": "const x = require('x');\n",
        "c.mjs": "",
        "d.cjs": "",
        "e.ts": "",
        "node_modules/x/index.js": "",
    }
    assert checked(files) == ["m:a.js", "c:b.js", "m:c.mjs", "c:d.cjs"]
    assert checked(files, type="module") == ["m:a.js", "m:b.js", "m:c.mjs", "c:d.cjs"]
    assert checked(files, type="commonjs") == ["c:a.js", "c:b.js", "m:c.mjs", "c:d.cjs"]


def test_what_only_a_bundler_reads_is_not_given_to_node():
    assert checked({"a.js": "export default () => <p>1</p>;\n", "b.js": "const a = <B />;\n"}) == []


@pytest.mark.parametrize("folder", ["vendor", "build", "dist", "coverage", "venv", ".tools"])
def test_no_name_of_a_folder_hides_code_from_the_gate(folder: str):
    module, script = f"app/{folder}/a.py", f"{folder}/b.js"
    files = {"pyproject.toml": PYPROJECT, "package.json": "{}", module: "", script: ""}
    found = steps({**files, f"api/{folder}/go.mod": "module a\n", f"api/{folder}/a.go": ""})
    assert found["load check"].command[-1].endswith(f":{module}")
    assert found["ruff"].command[-1] == module
    assert found["node --check"].command[-1] == f"c:{script}"
    assert f"go vet in api/{folder}" in found


def test_what_is_installed_is_not_checked():
    files = {".venv/a.py": "", "node_modules/x/package.json": "{}", "node_modules/x/a.js": ""}
    assert plan({"pyproject.toml": PYPROJECT, "package.json": "{}", **files}).steps == ()


def test_ruff_is_given_every_file_and_no_way_to_leave_one_out():
    files = {"pyproject.toml": PYPROJECT, ".ignore": "a.py\n", "a.py": "", "b/c.py": ""}
    command = steps(files)["ruff"].command
    assert {"--isolated", "--ignore-noqa", "--no-respect-gitignore"} <= set(command)
    assert command[-3:] == ("--", "a.py", "b/c.py")


@pytest.mark.parametrize(
    "hidden",
    [
        {"a.py": "nobody  # noqa: F821\n"},
        {"a.py": "# ruff: noqa\nnobody\n"},
        {"a.py": "# flake8: noqa\nnobody\n"},
        {"a.py": "nobody\n", ".ignore": "a.py\n"},
        {"a.py": "nobody\n", ".gitignore": "*.py\n", ".git/HEAD": "ref: refs/heads/main\n"},
        {"build/a.py": "nobody\n"},
        {"a.py": "nobody\n", "ruff.toml": 'exclude = ["*.py"]\nforce-exclude = true\n'},
    ],
)
def test_no_file_of_the_repository_switches_ruff_off(hidden: dict[str, str], tmp_path: Path):
    for path, text in hidden.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    report = tmp_path / "report.json"
    plan = gate_steps({"pyproject.toml": PYPROJECT, **hidden}, report_path=str(report))
    _, *arguments = next(step for step in plan.steps if step.runner is Runner.RUFF).command
    subprocess.run([find_ruff_bin(), *arguments], cwd=tmp_path, check=False)
    assert [found["code"] for found in json.loads(report.read_text())] == ["F821"]


def test_a_configuration_that_refers_to_others_is_built():
    files = {
        "package.json": json.dumps({"dependencies": {"typescript": "5"}}),
        "tsconfig.json": '{"files": [], "references": [{"path": "./a.json"}]}',
    }
    assert steps(files)["tsc"].command == ("tsc", "-b", "--pretty", "false")


@pytest.mark.parametrize(
    ("files", "manifest"),
    [
        ({"tsconfig.json": "{}"}, {}),
        ({}, {"devDependencies": {"typescript": "5"}}),
        ({}, {"devDependencies": {"eslint": "9"}}),
        ({".eslintrc.json": "{}"}, {}),
    ],
)
def test_tools_that_a_project_does_not_bring_are_not_run(
    files: dict[str, str], manifest: dict[str, object]
):
    assert steps({"package.json": json.dumps(manifest), **files}) == {}


@pytest.mark.parametrize(
    ("files", "more"), [({".eslintrc.yml": ""}, {}), ({}, {"eslintConfig": {"root": True}})]
)
def test_eslint_runs_where_it_is_brought_and_configured(
    files: dict[str, str], more: dict[str, object]
):
    manifest = {"devDependencies": {"eslint": "9"}, **more}
    assert list(steps({"package.json": json.dumps(manifest), **files})) == ["eslint"]


def test_no_comment_list_or_rule_of_a_project_switches_eslint_off():
    manifest = json.dumps({"devDependencies": {"eslint": "9"}})
    files = {"package.json": manifest, "eslint.config.js": "", "a.jsx": "", "dist/b.js": ""}
    command = steps({**files, "web/package.json": "{}", "web/c.js": ""})["eslint"].command
    assert {"--no-inline-config", "--no-ignore"} <= set(command)
    forced = json.loads(command[command.index("--rule") + 1])
    assert (forced["no-undef"], forced["no-const-assign"]) == ("error", "error")
    assert not [rule for rule in forced if "/" in rule]
    assert command[command.index("--") + 1 :] == ("a.jsx", "dist/b.js", "eslint.config.js")
    del files["eslint.config.js"]
    older = steps({**files, ".eslintrc.json": "{}"})["eslint"].command
    assert older[older.index("--") + 1 :] == (".", "dist/b.js")


@pytest.mark.parametrize(
    ("manifest", "files", "notes"),
    [
        ({}, ["a.js"], ["Scripts in the repository's root were not linted: eslint is not"]),
        (
            {"eslint": "9"},
            ["a.jsx"],
            ["Scripts in the repository's root were not linted: eslint h"],
        ),
        ({}, ["vite.config.js"], []),
        (
            {},
            ["a.ts"],
            [
                "Types in the repository's root were not checked: typescript is not declared or",
                "Scripts in the repository's root were not linted: eslint is not declared there.",
            ],
        ),
        ({"typescript": "5", "eslint": "9"}, ["a.ts", "tsconfig.json", "eslint.config.js"], []),
    ],
)
def test_what_no_tool_of_a_project_checks_is_said(
    manifest: dict[str, str], files: list[str], notes: list[str]
):
    texts = {"package.json": json.dumps({"devDependencies": manifest}), **dict.fromkeys(files, "")}
    found = plan(texts).notes
    assert len(found) == len(notes)
    assert all(map(str.startswith, found, notes))


def test_types_in_svelte_are_said_not_to_be_checked():
    files = {
        "package.json": json.dumps({"devDependencies": {"typescript": "5", "svelte": "5"}}),
        "tsconfig.json": "{}",
    }
    assert plan(files).steps == ()
    assert plan(files).notes[0].startswith("TypeScript in the repository's root was not checked")


def test_a_manifest_that_cannot_be_read_is_left_to_the_steps_that_say_so():
    assert plan({"package.json": "{", "a.js": ""}) == RunPlan()
