import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.runners.detect import detect_runs
from core.artifacts.run_plan import ReportFormat, Runner, RunPlan, Step

PYPROJECT = '[project]\nname = "shop"\ndependencies = ["fastapi", "uvicorn"]\n'
TEST = "def test_x(): ...\n"
APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"


def plan(files: dict[str, str]) -> RunPlan:
    return detect_runs(files, report_path="/result")


def steps(files: dict[str, str]) -> dict[str, Step]:
    return {step.name: step for step in plan(files).steps}


def package(**keys: object) -> str:
    return json.dumps(keys)


def test_a_repository_without_manifest_has_no_steps():
    assert plan({"README.md": "# Shop\n", "main.py": "print()\n"}) == RunPlan()


def test_a_back_end_and_a_front_end_are_both_built_tested_and_started():
    found = plan(
        {
            "backend/pyproject.toml": PYPROJECT,
            "backend/shop/main.py": APP,
            "backend/tests/test_a.py": TEST,
            "web/package.json": package(
                scripts={"build": "vite build", "test": "vitest", "start": "vite preview"}
            ),
            "tools/go.mod": "module example.com/tools\n",
            "tools/a_test.go": "package tools\n",
        }
    )
    assert [step.name for step in found.steps] == [
        "npm run build in web",
        "pytest in backend",
        "vitest in web",
        "go test in tools",
        "boot check in backend",
        "boot check in web",
    ]
    assert found.notes == ()


def test_every_test_step_writes_its_report_where_it_is_told():
    found = detect_runs(
        {"pyproject.toml": PYPROJECT, "tests/test_a.py": TEST}, report_path="/out/report"
    )
    assert "--junitxml=/out/report" in found.steps[0].command
    assert found.steps[0].report_path == "/out/report"


@pytest.mark.parametrize("folder", ["node_modules/x", ".venv/lib"])
def test_what_is_installed_is_no_project(folder: str):
    files = {f"{folder}/package.json": package(scripts={"test": "jest"})}
    assert plan(files) == RunPlan()


def test_tests_of_a_project_within_another_are_its_own():
    files = {
        "pyproject.toml": PYPROJECT,
        "plugins/a/pyproject.toml": PYPROJECT,
        "plugins/a/tests/test_a.py": TEST,
    }
    assert list(steps(files)) == ["pytest in plugins/a"]


@pytest.mark.parametrize("name", ["tests/test_a.py", "a_test.py", "shop/test_a.py"])
def test_python_tests_are_found_by_their_names(name: str):
    assert list(steps({"requirements.txt": "", name: TEST})) == ["pytest"]


def start(files: dict[str, str]) -> tuple[str, ...]:
    found = steps({"pyproject.toml": PYPROJECT, **files})["boot check"]
    assert found.boot is not None
    assert found.boot.port == 8000
    assert found.report is ReportFormat.BOOT
    return found.command


UVICORN = ("python", "-m", "uvicorn")


def test_an_asgi_application_is_started_with_the_declared_server():
    assert start({"shop/main.py": APP}) == (*UVICORN, "shop.main:app", "--port", "8000")
    assert start({"src/shop/__init__.py": APP})[3] == "shop:app"
    hypercorn = PYPROJECT.replace("uvicorn", "hypercorn")
    command = start({"pyproject.toml": hypercorn, "main.py": APP})
    assert command == ("python", "-m", "hypercorn", "main:app", "--bind", "127.0.0.1:8000")


@pytest.mark.parametrize("extra", ["fastapi[standard]", "fastapi[all]"])
def test_an_extra_of_fastapi_brings_the_server(extra: str):
    manifest = f'[project]\nname = "x"\ndependencies = ["{extra}>=0.1"]\n'
    assert start({"pyproject.toml": manifest, "main.py": APP})[:3] == UVICORN


def test_an_application_without_server_is_not_started_and_the_plan_says_so():
    manifest = '[project]\nname = "x"\ndependencies = ["fastapi", "not-uvicorn-x"]\n'
    found = plan({"pyproject.toml": manifest, "main.py": APP})
    assert found.steps == ()
    assert found.notes == (
        "The FastAPI application in the repository's root was not started: neither uvicorn nor"
        " hypercorn is declared as a dependency.",
    )


def test_a_function_that_makes_the_application_is_called():
    factory = "from fastapi import FastAPI\n\ndef create_app():\n    return FastAPI()\n"
    assert start({"shop/main.py": factory})[3:5] == ("shop.main:create_app", "--factory")
    assert (
        start({"shop/main.py": f"{factory}\napp: FastAPI = create_app()\n"})[3] == "shop.main:app"
    )
    needs = factory.replace("create_app()", "create_app(settings)")
    assert plan({"pyproject.toml": PYPROJECT, "main.py": needs}).steps == ()
    keyword = factory.replace("create_app()", "create_app(*, settings)")
    assert plan({"pyproject.toml": PYPROJECT, "main.py": keyword}).steps == ()


def test_flask_and_django_bring_their_own_servers():
    flask = "import flask\n\napp = flask.Flask(__name__)\n"
    assert start({"shop.py": flask}) == (
        *("python", "-m", "flask", "--app", "shop:app", "run", "--port", "8000"),
    )
    factory = "from flask import Flask\n\ndef make_app():\n    return Flask('x')\n"
    assert start({"shop.py": factory})[4] == "shop:make_app()"
    django = start({"manage.py": "import django\n"})
    assert django == ("python", "manage.py", "runserver", "127.0.0.1:8000", "--noreload")


def test_of_several_applications_the_one_nearest_to_the_root_is_started():
    files = {"shop/deep/app.py": APP, "shop/main.py": APP, "tests/app.py": APP, "shop/bad.py": "=("}
    assert start({**files, "shop/other.py": "FastAPI(\n"})[3] == "shop.main:app"


@pytest.mark.parametrize(
    ("manifest", "runner"),
    [
        ({"devDependencies": {"vitest": "1", "jest": "1"}}, Runner.VITEST),
        ({"devDependencies": {"jest": "1"}}, Runner.JEST),
        ({"dependencies": {"mocha": "1"}, "scripts": {"test": ""}}, Runner.MOCHA),
        ({"scripts": {"test": 'echo "Error: no test specified" && exit 1'}}, None),
        ({}, None),
    ],
)
def test_without_a_script_the_declared_runner_is_used(
    manifest: dict[str, object], runner: Runner | None
):
    found = [step.runner for step in plan({"package.json": package(**manifest)}).steps]
    assert found == ([runner] if runner else [])


@pytest.mark.parametrize(
    ("files", "runner"),
    [
        ({"jest.config.ts": ""}, Runner.JEST),
        ({".mocharc.json": "{}"}, Runner.MOCHA),
        ({"vitest.config.mts": ""}, Runner.VITEST),
        ({"test/a.test.js": 'import { test } from "node:test";'}, Runner.NODE_TEST),
        ({"test/a.test.cjs": "const { test } = require('node:test');"}, Runner.NODE_TEST),
    ],
)
def test_a_configuration_or_an_import_names_the_runner(files: dict[str, str], runner: Runner):
    (step,) = plan({"package.json": "{}", **files}).steps
    assert step.runner is runner


def test_a_script_that_cannot_be_read_is_run_as_it_is():
    files = {"package.json": package(scripts={"test": "make test | tee log"})}
    (step,) = plan(files).steps
    assert (step.runner, step.command) == (Runner.NPM_TEST, ("npm", "test"))
    assert (step.report, step.report_path) == (ReportFormat.NONE, "")


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"scripts": []}', '{"scripts": {"test": 1}}', "[" * 9999]
)
def test_a_broken_manifest_is_a_note(text: str):
    found = plan({"web/package.json": text})
    assert found.steps == ()
    assert found.notes[0].startswith(
        "Nothing was run in folder 'web': its package.json cannot be read: "
    )


def test_go_programs_that_serve_are_started():
    main = "package main\n\nfunc main() {\n\thttp.ListenAndServe()\n}\n"
    module = {"go.mod": "module example.com/shop\n"}
    found = steps({**module, "main.go": main})["boot check"]
    assert (found.command, found.module) == (("go", "run", "."), "example.com/shop")
    found = steps({**module, "cmd/shop/main.go": main, "cmd/deep/x/main.go": main})["boot check"]
    assert found.command == ("go", "run", "./cmd/shop")
    assert steps({**module, "main.go": "package main\n\nfunc main() {}\n"}) == {}
    assert steps({**module, "server.go": "package shop\n\nvar s http.Server\n"}) == {}


def test_a_go_module_without_a_name_is_still_tested():
    (step,) = plan({"go.mod": "go 1.19\n", "a_test.go": "package a\n"}).steps
    assert (step.module, step.report) == ("", ReportFormat.GO)
    assert step.command == ("sh", "-c", "go test -json ./... > /result")


PATHS = st.sampled_from(
    ["package.json", "go.mod", "pyproject.toml", "main.py", "a/package.json", "a/test_b.py", "x.go"]
)


@given(st.dictionaries(PATHS, st.text(max_size=200)))
def test_any_files_give_a_plan(files: dict[str, str]):
    assert detect_runs(files, report_path="/result") == detect_runs(
        dict(reversed(files.items())), report_path="/result"
    )


def test_what_has_to_be_built_is_built_where_it_is_started():
    scripts = {"build": "tsc", "start": "node dist/main.js"}
    boot = steps({"package.json": package(scripts=scripts)})["boot check"]
    assert boot.command == ("sh", "-c", "npm run build && exec npm start")
    plain = steps({"package.json": package(scripts={"start": "node main.js"})})["boot check"]
    assert plain.command == ("npm", "start")
