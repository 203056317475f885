import json
from collections.abc import Mapping
from typing import Any

import pytest

from codegen.runners.gate_results import gate_result
from codegen.runners.results import StepResult, StepRun, step_result
from core.artifacts.report import TestOutcome
from core.artifacts.run_plan import ReportFormat, Runner, Step

FILES = {
    "shop/cart.py": 'import json\n\nclass Cart:\n    items: "list[Item]"\n    one: Item\n',
    "shop/page.py": 'TEXT = f"{nobody}"\n',
    "api/main.py": "def f(:\n",
}
PATHS = {"/work": ""}
NAMES = ("main", "seed", "settings")


def result(
    runner: Runner,
    report: ReportFormat,
    document: object = b"",
    folder: str = "",
    files: Mapping[str, str] = FILES,
    **run: Any,
) -> StepResult:
    written = document if isinstance(document, bytes) else json.dumps(document).encode()
    step = Step(
        kind="gate",
        runner=runner,
        ecosystem="python",
        folder=folder,
        command=("x",),
        report=report,
        report_path="/result",
    )
    values = {"exit_code": 1, **run, "report": written}
    return gate_result(step, StepRun.model_validate(values), PATHS, files)


def load(
    *findings: dict[str, str], folder: str = "", files: Mapping[str, str] = FILES, **run: Any
) -> StepResult:
    document = {"findings": list(findings)}
    return result(Runner.LOAD_CHECK, ReportFormat.LOAD, document, folder, files, **run)


def trace(*places: str, error: str = "KeyError: 'x'") -> str:
    frames = [f'  File "{place}", line 1, in <module>\n    import x\n' for place in places]
    return "".join(["Traceback (most recent call last):\n", *frames, f"{error}\n"])


def test_a_gate_that_finds_nothing_is_green():
    found = load(exit_code=0)
    assert (found.green, found.cases) == (True, ())


def test_one_module_that_breaks_is_one_case_whoever_imports_it():
    cause = trace("/work/shop/cart.py")
    found = load(
        {
            "path": "shop/a.py",
            "kind": "import",
            "account": trace("/work/shop/page.py", "/work/shop/cart.py"),
        },
        {"path": "shop/cart.py", "kind": "import", "account": cause},
        {"path": "shop/page.py", "kind": "import", "account": cause},
    )
    (case,) = found.cases
    assert (case.name, case.path) == ("load shop/cart.py", "shop/cart.py")
    assert case.message.count("File") == 1, "the account is that of the module itself"
    assert found.reason == "load check: 1 error in shop/cart.py."


def test_an_error_without_a_place_in_the_repository_is_the_modules_own():
    found = load({"path": "shop/page.py", "kind": "import", "account": trace("/lib/x.py")})
    assert found.cases[0].path == "shop/page.py"


def test_programs_are_skipped_and_what_dies_is_not():
    found = load(
        {"path": "a.py", "kind": "program", "account": "it ends with 2"},
        {"path": "b.py", "kind": "late", "account": "it does not end within 20 s"},
        {"path": "c.py", "kind": "ended", "account": "signal 11 ends the process"},
        folder="api",
    )
    assert [(case.path, case.outcome) for case in found.cases] == [
        ("api/a.py", TestOutcome.SKIPPED),
        ("api/b.py", TestOutcome.SKIPPED),
        ("api/c.py", TestOutcome.ERROR),
    ]
    assert found.cases[2].message == "api/c.py: when it is imported, signal 11 ends the process."
    assert load({"path": "a.py", "kind": "program", "account": "it ends with 2"}, exit_code=0).green


@pytest.mark.parametrize(
    ("kind", "account"),
    [("program", "it ends with 'no settings'"), ("late", "it does not end within 20 s")],
)
def test_a_module_that_others_import_is_no_program(kind: str, account: str):
    files = {
        "api/shop/__init__.py": "",
        "api/shop/settings.py": "import sys\nsys.exit('no settings')\n",
        "api/shop/main.py": "from shop import settings\n",
        "api/shop/seed.py": "from shop.main import app\n",
        "api/tests/test_seed.py": "from shop import seed\n",
    }
    found = load(
        *({"path": f"shop/{name}.py", "kind": kind, "account": account} for name in NAMES),
        folder="api",
        files=files,
    )
    assert [(case.path, case.outcome) for case in found.cases] == [
        ("api/shop/main.py", TestOutcome.ERROR),
        ("api/shop/seed.py", TestOutcome.SKIPPED),
        ("api/shop/settings.py", TestOutcome.ERROR),
    ]
    assert found.cases[0].message.endswith(f", {account}. It is imported by api/shop/seed.py.")
    assert found.reason == "load check in api: 2 errors in api/shop/main.py, api/shop/settings.py."


def ruff(path: str, code: str | None, row: int, column: int) -> dict[str, Any]:
    place = {"row": row, "column": column}
    return {"filename": f"/work/{path}", "code": code, "message": "Undefined", "location": place}


def test_names_that_only_stand_in_strings_are_no_error():
    found = result(
        Runner.RUFF,
        ReportFormat.RUFF,
        [
            ruff("shop/cart.py", "F821", 4, 18),
            ruff("shop/cart.py", "F821", 5, 10),
            ruff("shop/page.py", "F821", 1, 11),
            ruff("api/main.py", "F821", 1, 1),
            ruff("shop/cart.py", "invalid-syntax", 1, 1),
            ruff("shop/cart.py", None, 1, 1),
        ],
    )
    assert [case.message for case in found.cases] == [
        "shop/cart.py:5: F821 Undefined",
        "shop/page.py:1: F821 Undefined",
        "api/main.py:1: F821 Undefined",
    ]
    assert found.reason == "ruff: 3 errors in shop/cart.py, shop/page.py, api/main.py."


def test_findings_that_do_not_count_are_green_whatever_the_exit_code_says():
    found = result(Runner.RUFF, ReportFormat.RUFF, [ruff("shop/cart.py", "F821", 4, 18)])
    assert found.green
    taste = [{"filePath": "/work/a.js", "messages": [eslint("semi", "Missing semicolon.")]}]
    assert result(Runner.ESLINT, ReportFormat.ESLINT, taste).green


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "ruff ended with exit code 2, but it wrote no results."),
        (b"{", "ruff ended with exit code 2, but its results are not JSON"),
        (b"{}", "ruff ended with exit code 2, but its results have another form"),
        (b" " * (16 * 1024 * 1024 + 1), "but its results are larger than 16 MiB"),
        (b"[" * 100_000, "but its results"),
    ],
)
def test_results_that_cannot_be_read_are_an_error_of_the_step(document: bytes, reason: str):
    found = result(Runner.RUFF, ReportFormat.RUFF, document, exit_code=2, output="ruff: crash")
    assert reason in found.reason
    assert [case.name for case in found.cases] == ["ruff"]
    assert "ruff: crash" in found.cases[0].message


def test_a_tool_that_fails_without_findings_is_red():
    found = result(Runner.RUFF, ReportFormat.RUFF, [], exit_code=2)
    assert found.reason == "ruff ended with exit code 2."


def test_a_bound_that_is_passed_is_told():
    found = load(ended_by="timeout")
    assert found.reason == "load check did not end in time."
    assert [case.name for case in found.cases] == ["load check"]


def test_many_places_are_told_in_short():
    findings = [ruff(f"shop/m{n}.py", "F632", 1, 1) for n in range(7)]
    found = result(Runner.RUFF, ReportFormat.RUFF, findings)
    assert found.reason.endswith("shop/m4.py and 2 more.")


NODE_SAID = """[stdin]:2
export const a = (;
                  ^

SyntaxError: Unexpected token ';'
    at checkSyntax (node:internal/main/check_syntax:72:5)

Node.js v24.19.0
"""


def test_files_that_node_refuses_are_told_by_their_paths():
    document = f"\x1esrc/a.js\n{NODE_SAID}\x1esrc/b.js\n{NODE_SAID}".encode()
    found = result(Runner.NODE_CHECK, ReportFormat.NODE_CHECK, document, "web")
    assert [case.path for case in found.cases] == ["web/src/a.js", "web/src/b.js"]
    message = found.cases[0].message
    assert message.startswith("web/src/a.js:2\n")
    assert message.endswith("SyntaxError: Unexpected token ';'")


def test_nothing_said_by_node_is_green_and_too_much_is_not():
    assert result(Runner.NODE_CHECK, ReportFormat.NODE_CHECK, exit_code=0).green
    large = result(Runner.NODE_CHECK, ReportFormat.NODE_CHECK, b" " * (16 * 1024 * 1024 + 1))
    assert "larger than 16 MiB" in large.reason


# As tsc 5.9 prints them.
TSC_SAID = """src/cart.ts(2,3): error TS2322: Type 'number' is not assignable to type 'string'.
src/main.ts(3,18): error TS2304: Cannot find name 'zzz'.
  This is more about it.
error TS18003: No inputs were found in config file 'tsconfig.json'.
"""


def test_each_error_of_tsc_is_a_case():
    found = result(Runner.TSC, ReportFormat.TSC, folder="web", output=TSC_SAID, exit_code=2)
    assert [(case.path, case.message) for case in found.cases] == [
        (
            "web/src/cart.ts",
            "web/src/cart.ts(2,3): error TS2322: Type 'number' is not assignable to type 'string'.",
        ),
        ("web/src/main.ts", "web/src/main.ts(3,18): error TS2304: Cannot find name 'zzz'."),
        ("", "error TS18003: No inputs were found in config file 'tsconfig.json'."),
    ]
    missing = result(Runner.TSC, ReportFormat.TSC, output="sh: tsc: not found", exit_code=127)
    assert missing.reason == "tsc ended with exit code 127."
    assert result(Runner.TSC, ReportFormat.TSC, output="", exit_code=0).green


@pytest.mark.parametrize("folder", ["src/(shop)", "(shop)", "src/[id]", "src/a b (1,2)"])
def test_folders_with_brackets_are_part_of_the_path(folder: str):
    said = f"{folder}/page.ts(3,5): error TS2304: Cannot find name 'f(1,2): error TS1: x'."
    (case,) = result(Runner.TSC, ReportFormat.TSC, folder="web", output=said).cases
    assert (case.path, case.message) == (f"web/{folder}/page.ts", f"web/{said}")


@pytest.mark.parametrize(
    ("runner", "report", "document"),
    [
        (Runner.TSC, ReportFormat.TSC, b""),
        (Runner.GO_VET, ReportFormat.GO_VET, b""),
        (Runner.NODE_CHECK, ReportFormat.NODE_CHECK, b""),
        (Runner.LOAD_CHECK, ReportFormat.LOAD, b'{"findings": []}'),
    ],
)
def test_what_fails_without_a_finding_is_red(runner: Runner, report: ReportFormat, document: bytes):
    found = result(runner, report, document)
    assert found.reason == f"{runner} ended with exit code 1."
    assert [case.name for case in found.cases] == [str(runner)]
    assert result(runner, report, document, exit_code=0).green


def test_what_tsc_says_of_itself_is_told():
    said = "RangeError: Maximum call stack size exceeded"
    crashed = result(Runner.TSC, ReportFormat.TSC, output=said)
    assert (crashed.green, said in crashed.cases[0].message) == (False, True)


def eslint(rule: str | None, message: str, *, severity: int = 2, fatal: bool = False) -> Any:
    told = {"ruleId": rule, "message": message, "severity": severity, "line": 3}
    return {**told, "fatal": True} if fatal else told


def test_only_errors_of_eslint_count_that_say_that_code_is_broken():
    messages = [
        eslint("no-undef", "'undefinedThing' is not defined."),
        eslint("no-undef", "'process' is not defined."),
        eslint("semi", "Missing semicolon."),
        eslint("no-dupe-keys", "Duplicate key 'a'.", severity=1),
        eslint(None, "Parsing error: Unexpected token", fatal=True),
    ]
    document = [{"filePath": "/work/web/a.js", "messages": messages}]
    found = result(Runner.ESLINT, ReportFormat.ESLINT, document, "web")
    assert [case.message for case in found.cases] == [
        "web/a.js:3: no-undef: 'undefinedThing' is not defined.",
        "web/a.js:3: parsing: Parsing error: Unexpected token",
    ]


def test_of_typescript_eslint_is_not_believed_where_tsc_knows_better():
    undefined = [eslint("no-undef", "'NodeJS' is not defined."), eslint("no-const-assign", "No.")]
    document = [{"filePath": f"/work/a.{end}", "messages": undefined} for end in ("ts", "js")]
    found = result(Runner.ESLINT, ReportFormat.ESLINT, document)
    assert [case.message.split(": ")[:2] for case in found.cases] == [
        ["a.ts:3", "no-const-assign"],
        ["a.js:3", "no-undef"],
        ["a.js:3", "no-const-assign"],
    ]


@pytest.mark.parametrize("path", ["web/Page.svelte", "web/Page.vue"])
def test_types_of_a_component_are_no_names_of_what_runs(path: str):
    text = "<p>x</p>\n\n<script lang='ts'>\n  let timer: NodeJS.Timeout = start();\n</script>\n"
    undefined = ("NodeJS", "start")
    messages = [eslint("no-undef", f"'{name}' is not defined.") | {"line": 4} for name in undefined]
    document = [{"filePath": f"/work/{path}", "messages": messages}]

    def places(files: Mapping[str, str]) -> list[str]:
        found = result(Runner.ESLINT, ReportFormat.ESLINT, document, files=files)
        return [case.message.removeprefix(f"{path}:4: no-undef: ") for case in found.cases]

    both = ["'NodeJS' is not defined.", "'start' is not defined."]
    assert places({path: text}) == both[1:]
    assert places({path: text.replace(" lang='ts'", "")}) == both
    assert places({}) == both


def test_names_of_the_platform_are_defined_and_plain_words_are_not():
    names = ("customElements", "HTMLElement", "Promise", "$state", "Comment", "name")
    messages = [eslint("no-undef", f"'{name}' is not defined.") for name in names]
    document = [{"filePath": "/work/a.js", "messages": messages}]
    found = result(Runner.ESLINT, ReportFormat.ESLINT, document)
    assert [case.message for case in found.cases] == [
        "a.js:3: no-undef: 'Comment' is not defined.",
        "a.js:3: no-undef: 'name' is not defined.",
    ]


def test_what_a_file_of_suppressions_hides_counts():
    hidden = [eslint("no-undef", "'nobody' is not defined.")]
    document = [{"filePath": "/work/a.js", "messages": [], "suppressedMessages": hidden}]
    assert not result(Runner.ESLINT, ReportFormat.ESLINT, document).green


# As go 1.19 prints them.
VET_SAID = """# example.com/shop
vet: ./main.go:7:2: undeclared name: undefinedThing
# example.com/shop/cart
cart/cart.go:5:12: fmt.Printf format %d has arg "x" of wrong type string
"""


def test_each_package_that_vet_refuses_is_a_case():
    found = result(Runner.GO_VET, ReportFormat.GO_VET, folder="api", output=VET_SAID)
    assert [(case.name, case.message.split(": ")[0]) for case in found.cases] == [
        ("example.com/shop", "api/main.go:7:2"),
        ("example.com/shop/cart", "api/cart/cart.go:5:12"),
    ]
    assert found.reason == "go vet in api: 2 errors."


def test_reports_of_the_gate_are_not_those_of_tests():
    step = Step(
        kind="test",
        runner=Runner.RUFF,
        ecosystem="python",
        command=("x",),
        report=ReportFormat.RUFF,
        report_path="/result",
    )
    found = step_result(step, StepRun(exit_code=0, report=b"[]"), PATHS, {})
    assert "is not what tests, builds or starts write" in found.reason
