"""Node and Go repositories, verified in real boxes."""

import json

import pytest

from core.artifacts.failure import FailureClass
from core.artifacts.report import TestOutcome
from core.artifacts.structure import PlannedTest
from core.settings import SandboxLimits
from providers.sandbox.bubblewrap import BubblewrapSandbox
from tests.tasks.engine.repositories import PASSING, Repositories, steps_of

SHOP: dict[str, str] = {
    "package.json": json.dumps(
        {
            "name": "shop",
            "type": "module",
            "scripts": {"test": "node --test", "start": "node src/main.js"},
        }
    ),
    "src/cart.js": "export const total = (prices) => prices.reduce((a, b) => a + b, 0);\n",
    "src/main.js": 'import http from "node:http";\nimport { total } from "./cart.js";\n\n'
    "http.createServer((_, answer) => answer.end(String(total([1, 2]))))"
    ".listen(process.env.PORT);\n",
    "test/cart.test.js": 'import test from "node:test";\nimport assert from "node:assert/strict";\n'
    'import { total } from "../src/cart.js";\n\n'
    'test("adds", () => {\n  assert.equal(total([1, 2]), 3);\n});\n',
}
PLANNED = (PlannedTest(requirement="FR-1", path="test/cart.test.js", case="adds"),)


async def test_a_node_application_is_installed_checked_tested_and_started(
    repositories: Repositories,
):
    verification = await repositories.verify(SHOP, manifest="", planned=PLANNED)
    assert (verification.report.status, verification.report.reason) == ("green", "")
    assert verification.report.runner == "node:test"
    assert steps_of(verification) == {
        "install of npm packages": "green",
        "import check": "green",
        "node --check": "green",
        "node:test": "green",
        "boot check": "green",
    }


async def test_what_is_wrong_with_a_node_repository_is_told_by_phase(repositories: Repositories):
    wrong = {
        "src/late.js": 'import left from "leftpad";\nimport { sum } from "./cart.js";\n'
        "export default () => left(sum);\n",
        "src/syntax.js": "export const a = (;\n",
        "src/old.cjs": "module.exports = require('./cart.js');\nreturn;\n",
        "test/cart.test.js": SHOP["test/cart.test.js"].replace("3)", "4)"),
        "src/main.js": "throw new Error('no start');\n",
    }
    verification = await repositories.verify({**SHOP, **wrong}, manifest="", planned=PLANNED)
    assert {name for name, status in steps_of(verification).items() if status == "red"} == {
        "import check",
        "node --check",
        "node:test",
        "boot check",
    }
    leftpad, name, syntax, failed, boot = verification.failures
    assert leftpad.failure_class is FailureClass.DEPENDENCY
    assert (name.files, name.failure_class) == (
        ("src/late.js", "src/cart.js"),
        FailureClass.CODE,
    )
    assert (syntax.error, syntax.message, syntax.files) == (
        "SyntaxError",
        "Unexpected token ';'",
        ("src/syntax.js",),
    )
    assert (failed.test, failed.test_path) == ("adds", "test/cart.test.js")
    assert (boot.error, boot.message) == ("Error", "no start")


async def test_a_module_is_checked_as_the_kind_it_is(repositories: Repositories):
    """Without a `type`, node lets pass a file whose kind it would have to guess."""
    verification = await repositories.verify(
        {
            "package.json": '{"scripts": {"test": "node --test"}}',
            "esm.js": 'import fs from "node:fs";\nexport const a = (fs;\n',
            "common.js": "const fs = require('node:fs');\nreturn fs;\n",
            "page.js": "export default () => <p>Shop</p>;\n",
            "test/a.test.js": 'require("node:test")("passes", () => {});\n',
        },
        manifest="",
    )
    (failure,) = verification.failures
    assert (failure.step, failure.files) == ("node --check", ("esm.js",))
    assert failure.frames[-1].line == 2


async def test_a_manifest_with_an_address_is_not_installed(repositories: Repositories):
    manifest = {"scripts": {"test": "node --test"}, "dependencies": {"a": "git+https://x.y/a"}}
    verification = await repositories.verify(
        {**SHOP, "package.json": json.dumps(manifest)}, manifest=""
    )
    assert verification.report.status == "not-run"
    assert "package.json requires 'a' as 'git+https://x.y/a'" in verification.report.reason


async def test_projects_of_two_ecosystems_are_verified_side_by_side(repositories: Repositories):
    files = {f"web/{path}": text for path, text in SHOP.items()}
    verification = await repositories.verify({**files, "tests/test_a.py": PASSING})
    assert verification.green
    assert verification.report.runner == "pytest, node:test"
    assert {case.path for case in verification.report.cases} == {
        "web/test/cart.test.js",
        "tests/test_a.py",
    }
    alone = await repositories.verify({}, only=["web/test/cart.test.js"])
    assert [case.path for case in alone.report.cases] == ["web/test/cart.test.js"]


async def test_a_go_module_without_its_modules_is_not_verified(repositories: Repositories):
    verification = await repositories.verify(
        {
            "tests/test_a.py": PASSING,
            "api/go.mod": "module example.com/api\n\nrequire example.org/mail v1.0.0\n",
            "api/a_test.go": "package api\n",
        }
    )
    report = verification.report
    assert (report.status, verification.failures) == ("red", ())
    assert report.count(TestOutcome.PASSED) == 1
    assert "go test in api was not run: modules of Go are not fetched" in report.unverified[-1]


@pytest.fixture(scope="session")
async def has_go(tmp_path_factory: pytest.TempPathFactory) -> bool:
    run = await BubblewrapSandbox().run(
        ("go", "version"),
        folder=tmp_path_factory.mktemp("empty"),
        environment={"PATH": "/usr/local/bin:/usr/bin", "HOME": "/tmp"},
        limits=SandboxLimits(seconds=30),
    )
    return run.exit_code == 0


async def test_a_go_module_is_verified_where_the_sandbox_has_go(
    repositories: Repositories, has_go: bool
):
    verification = await repositories.verify(
        {
            "go.mod": "module example.com/api\n\ngo 1.18\n",
            "cart.go": "package api\n\nfunc Total() int { return sum() }\n",
            "cart_test.go": 'package api\n\nimport "testing"\n\nfunc TestTotal(t *testing.T) {}\n',
        },
        manifest="",
    )
    report = verification.report
    if not has_go:
        assert report.status == "not-run"
        assert "go vet was not run: the sandbox has no Go." in report.unverified
        return
    assert (report.status, steps_of(verification)["go vet"]) == ("red", "red")
    assert verification.failures[0].frames[-1].path == "cart.go"


async def test_a_go_module_whose_planned_tests_pass_is_green(
    repositories: Repositories, has_go: bool
):
    if not has_go:
        pytest.skip("the sandbox has no Go")
    path = "api/cart/cart_test.go"
    planned = [
        PlannedTest(requirement="FR-1", path=path, case=case)
        for case in ("TestTotal", "TestTotal/adds none")
    ]
    files = {
        "api/go.mod": "module example.com/api\n\ngo 1.18\n",
        "api/cart/cart.go": "package cart\n\nfunc Total() int { return 0 }\n",
        path: 'package cart\n\nimport "testing"\n\nfunc TestTotal(t *testing.T) {\n'
        '\tt.Run("adds none", func(t *testing.T) { Total() })\n}\n',
    }
    verification = await repositories.verify(files, manifest="", planned=tuple(planned))
    assert (verification.report.status, verification.report.reason) == ("green", "")
    left = PlannedTest(requirement="FR-2", path=path, case="TestLeft")
    verification = await repositories.verify(files, manifest="", planned=(*planned, left))
    assert verification.report.reason == (
        f"1 of 3 planned acceptance tests did not run: {path}::TestLeft is missing."
    )


async def test_what_is_built_is_started_with_what_the_build_made(repositories: Repositories):
    manifest = {
        "type": "module",
        "scripts": {
            "build": "mkdir dist && cp src/main.js src/cart.js dist",
            "test": "node --test",
            "start": "node dist/main.js",
        },
    }
    verification = await repositories.verify(
        {**SHOP, "package.json": json.dumps(manifest)}, manifest="", planned=PLANNED
    )
    assert (verification.report.status, verification.report.reason) == ("green", "")
    assert steps_of(verification)["npm run build"] == "green"


async def test_worker_threads_are_no_lack_of_memory(repositories: Repositories):
    """Each reserves half a gigabyte that it does not use."""
    test = (
        'import test from "node:test";\nimport { Worker } from "node:worker_threads";\n\n'
        'test("works", async () => {\n'
        '  const workers = Array.from({ length: 6 }, () => new Worker("", { eval: true }));\n'
        '  await Promise.all(workers.map((one) => new Promise((end) => one.on("exit", end))));\n'
        "});\n"
    )
    verification = await repositories.verify(
        {**SHOP, "test/workers.test.js": test}, manifest="", only=["test/workers.test.js"]
    )
    assert (verification.report.status, verification.report.reason) == ("green", "")
