"""Reads what the checks of a whole Node project wrote."""

import json
import re
from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files

from pydantic import Field, TypeAdapter

from codegen import runners
from codegen.runners.accounts import own_account
from codegen.runners.findings_reading import MAX_CASES, below, finding_case, parsed
from codegen.runners.results import StepRun
from codegen.source.type_uses import type_uses
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

_YOUNG = "no-new-native-nonconstructor"
_FORCED = {rule: "error" for rule in sorted(ESLINT_RULES - {_YOUNG}) if "/" not in rule}
"""Rules of eslint's own, which are there whatever the project's version and configuration bring."""

ESLINT_OPTIONS = (
    *("--no-inline-config", "--no-ignore", "--no-error-on-unmatched-pattern", "--rule"),
    json.dumps({**_FORCED, "no-redeclare": ["error", {"builtinGlobals": False}]}),
)
"""What keeps a repository from hiding what is broken, by a comment, a list or its configuration."""

_BY_TSC = frozenset({"no-dupe-class-members", "no-redeclare", "no-undef"})
"""Rules that know neither types nor overloads; of TypeScript tsc says the same and is right."""

_COMPONENTS = (".svelte", ".vue")
_UNDEFINED = re.compile(r"'(?P<name>[\w$]+)' is not defined")
_RECORD = "\x1e"
_STDIN = "[stdin]"
_VERSION = re.compile(r"(?m)^Node\.js v\S+\n?")
_TSC = re.compile(r"(?:(?P<path>\S.*?)\(\d+,\d+\): )?error (?P<code>TS\d+): (?P<text>.*)")


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
    suppressed: tuple[_Message, ...] = Field(default=(), alias="suppressedMessages")
    """What a file of suppressions hides; comments hide nothing."""


def read_eslint(
    _step: Step, run: StepRun, paths: Mapping[str, str], texts: Mapping[str, str]
) -> tuple[TestCaseResult, ...]:
    """Read what eslint wrote: a case for each error that says that code is broken."""
    cases: list[TestCaseResult] = []
    for file in parsed(TypeAdapter(list[_LintedFile]), run.report):
        path = stable_text(file.path, paths)
        types = type_uses(texts.get(path, "") if path.endswith(_COMPONENTS) else "")
        for found in (*file.messages, *file.suppressed):
            if _counts(found, path, types) and len(cases) < MAX_CASES:
                rule = found.rule or "parsing"
                told = f"{path}:{found.line}: {rule}: {found.message}"
                cases.append(finding_case(f"{rule} {found.message}", path, told))
    return tuple(cases)


def _counts(found: _Message, path: str, types: Collection[tuple[str, int]]) -> bool:
    """Whether a finding says that code is broken; `types` are names that are nothing else."""
    if found.rule in _BY_TSC and path.endswith((".ts", ".tsx", ".mts", ".cts")):
        return False
    undefined = _UNDEFINED.match(found.message) if found.rule == "no-undef" else None
    name = undefined["name"] if undefined else ""
    if name in _known_globals() or (name, found.line) in types:
        return False
    return found.fatal or (found.severity > 1 and found.rule in ESLINT_RULES)


@cache
def _known_globals() -> frozenset[str]:
    """Names that Node, browsers, frameworks and test runners define, told to eslint or not.

    They are those of the package `globals` 17.14 (MIT), without handlers of events and, but for
    some in daily use, without plain words such as `name` or `Comment`: who uses these mostly forgot
    to import his own.
    """
    return frozenset(files(runners).joinpath("script_globals.txt").read_text().split())
