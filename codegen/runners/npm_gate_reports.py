"""Reads what the checks of a whole Node project wrote."""

import re
from collections.abc import Mapping

from pydantic import Field, TypeAdapter

from codegen.runners.accounts import own_account
from codegen.runners.findings_reading import MAX_CASES, below, finding_case, parsed
from codegen.runners.results import StepRun
from codegen.test_results import MAX_BYTES
from core.artifacts.base import Part
from core.artifacts.report import TestCaseResult
from core.artifacts.run_plan import Step
from core.errors import UnreadableResultsError
from core.printable import stable_text

ESLINT_RULES = frozenset(
    {
        *("constructor-super", "getter-return", "no-class-assign", "no-const-assign"),
        *("no-dupe-args", "no-dupe-class-members", "no-dupe-else-if", "no-dupe-keys"),
        *("no-func-assign", "no-import-assign", "no-new-native-nonconstructor", "no-obj-calls"),
        *("no-redeclare", "no-this-before-super", "no-undef", "no-unreachable"),
        *("no-unsafe-finally", "no-unsafe-negation", "use-isnan", "valid-typeof"),
        *("import/default", "import/named", "import/namespace", "import/no-unresolved"),
        *("n/no-missing-import", "n/no-missing-require", "node/no-missing-import"),
        *("react/jsx-no-undef", "react-hooks/rules-of-hooks", "svelte/valid-compile"),
    }
)
"""Rules of eslint, by its documentation, that say that code is broken; others are about taste."""

_GLOBALS = frozenset(
    {
        *("AbortController", "Buffer", "FormData", "Headers", "Request", "Response", "URL"),
        *("URLSearchParams", "__dirname", "__filename", "clearInterval", "clearTimeout"),
        *("console", "crypto", "document", "exports", "fetch", "global", "globalThis"),
        *("localStorage", "location", "module", "navigator", "performance", "process"),
        *("queueMicrotask", "require", "sessionStorage", "setImmediate", "setInterval"),
        *("setTimeout", "structuredClone", "window"),
        *("after", "afterAll", "afterEach", "before", "beforeAll", "beforeEach", "describe"),
        *("expect", "it", "jest", "test", "vi"),
    }
)
"""Names that Node, browsers and test runners define, whether or not eslint is told of them."""

_UNDEFINED = re.compile(r"'(?P<name>\w+)' is not defined")
_RECORD = "\x1e"
_STDIN = "[stdin]"
_VERSION = re.compile(r"(?m)^Node\.js v\S+\n?")
_TSC = re.compile(r"(?:(?P<path>[^\s(][^(]*)\(\d+,\d+\): )?error (?P<code>TS\d+): (?P<text>.*)")


def read_node_check(
    step: Step, run: StepRun, paths: Mapping[str, str], _files: Mapping[str, str]
) -> tuple[TestCaseResult, ...]:
    """Read what `node --check` said: a case for each file that it refuses."""
    if len(run.report) > MAX_BYTES:
        limit = MAX_BYTES // (1024 * 1024)
        raise UnreadableResultsError(f"its results are larger than {limit} MiB")
    cases: list[TestCaseResult] = []
    for record in run.report.decode(errors="replace").split(_RECORD)[1 : MAX_CASES + 1]:
        name, _, said = record.partition("\n")
        path = below(step.folder, name)
        plain = _VERSION.sub("", said.replace(_STDIN, path))
        account = own_account(stable_text(plain, paths), "npm")
        cases.append(finding_case(f"check {path}", path, account))
    return tuple(cases)


def read_tsc(
    step: Step, run: StepRun, paths: Mapping[str, str], _files: Mapping[str, str]
) -> tuple[TestCaseResult, ...]:
    """Read what tsc printed: a case for each error."""
    cases: list[TestCaseResult] = []
    for line in stable_text(run.output, paths).splitlines():
        if (match := _TSC.match(line)) and len(cases) < MAX_CASES:
            path = below(step.folder, match["path"]) if match["path"] else ""
            told = path + line[len(match["path"]) :] if match["path"] else line
            cases.append(finding_case(f"{match['code']} {match['text']}", path, told))
    return tuple(cases)


class _Message(Part):
    rule: str | None = Field(default=None, alias="ruleId")
    severity: int = 2
    message: str = ""
    line: int = 0
    fatal: bool = False


class _LintedFile(Part):
    path: str = Field(alias="filePath")
    messages: tuple[_Message, ...] = ()


def read_eslint(
    _step: Step, run: StepRun, paths: Mapping[str, str], _files: Mapping[str, str]
) -> tuple[TestCaseResult, ...]:
    """Read what eslint wrote: a case for each error that says that code is broken."""
    cases: list[TestCaseResult] = []
    for file in parsed(TypeAdapter(list[_LintedFile]), run.report):
        path = stable_text(file.path, paths)
        for found in file.messages:
            if _counts(found) and len(cases) < MAX_CASES:
                rule = found.rule or "parsing"
                told = f"{path}:{found.line}: {rule}: {found.message}"
                cases.append(finding_case(f"{rule} {found.message}", path, told))
    return tuple(cases)


def _counts(found: _Message) -> bool:
    undefined = _UNDEFINED.match(found.message) if found.rule == "no-undef" else None
    if undefined and undefined["name"] in _GLOBALS:
        return False
    return found.fatal or (found.severity > 1 and found.rule in ESLINT_RULES)
