"""How a Node project is checked as a whole: by node, and by tsc and eslint if it has them."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath

from tree_sitter import Query, QueryCursor
from tree_sitter_language_pack import get_language

from codegen.runners.npm_gate_reports import ESLINT_OPTIONS
from codegen.runners.npm_manifest import NpmManifest, read_npm_manifest
from codegen.runners.tree import Project
from codegen.source.languages import Language
from codegen.source.trees import parse_tree
from core.artifacts.run_plan import ReportFormat, Runner, Step

_FLAT_CONFIG = re.compile(r"eslint\.config\.[cm]?[jt]s")
_LEGACY_CONFIG = re.compile(r"\.eslintrc(\.(json|js|cjs|ya?ml))?")
_PLAIN = (".js", ".mjs", ".cjs")
_TYPED = (".ts", ".tsx", ".mts", ".cts")
_LINTED = (*_PLAIN, *_TYPED, ".jsx", ".svelte", ".vue")
_TS_CONFIG = "tsconfig.json"
_JSX = "[(jsx_element) (jsx_self_closing_element)] @found"

# Of a module given on standard input node believes what it is told of its kind, and checks it;
# a file whose kind it would have to guess it lets pass.
_CHECK_EACH = """
for item do
  path="${{item#?:}}"
  case "$item" in m:*) kind=module ;; *) kind=commonjs ;; esac
  node --check --input-type="$kind" - < "$path" > "$TMPDIR/said" 2>&1 || {{
    printf '\\036%s\\n' "$path"
    cat "$TMPDIR/said"
  }}
done > {report}
"""


def npm_gate_steps(project: Project, report_path: str) -> Iterator[Step | str]:
    """Its steps, and what is not checked and why, a sentence each."""
    try:
        manifest = read_npm_manifest(project)
    except (ValueError, RecursionError):
        return  # the steps that would run its scripts say so
    if items := _items(project, manifest):
        line = _CHECK_EACH.format(report=shlex.quote(report_path))
        command = ("sh", "-c", line, "sh", *items)
        yield _step(project, Runner.NODE_CHECK, command, ReportFormat.NODE_CHECK, report_path)
    yield from _tsc(project, manifest)
    yield from _eslint(project, manifest, report_path)


def _tsc(project: Project, manifest: NpmManifest) -> Iterator[Step | str]:
    if "typescript" not in manifest.packages or _TS_CONFIG not in project.files:
        if project.named(*_TYPED):
            what = f"typescript is not declared or there is no {_TS_CONFIG}"
            yield f"Types in {project.place} were not checked: {what}."
        return
    if "svelte" in manifest.packages:
        yield f"TypeScript in {project.place} was not checked: tsc does not read Svelte's files."
        return
    # A configuration that only names others checks nothing by itself.
    refers = '"references"' in project.files[_TS_CONFIG]
    mode = ("-b",) if refers else ("--noEmit", "-p", ".")
    yield _step(project, Runner.TSC, ("tsc", *mode, "--pretty", "false"), ReportFormat.TSC)


def _eslint(project: Project, manifest: NpmManifest, report_path: str) -> Iterator[Step | str]:
    flat = any(_FLAT_CONFIG.fullmatch(path) for path in project.files)
    legacy = bool(manifest.eslint) or any(_LEGACY_CONFIG.fullmatch(path) for path in project.files)
    named = project.named(*_LINTED)
    if "eslint" not in manifest.packages or not (flat or legacy):
        if [path for path in named if ".config." not in path]:
            lacks = "has no configuration" if "eslint" in manifest.packages else "is not declared"
            yield f"Scripts in {project.place} were not linted: eslint {lacks} there."
        return
    # Of the older form only the configuration says which other files can be read.
    given = named if flat else [".", *project.named(*_PLAIN)]
    output = ("--format", "json", "--output-file", report_path)
    command = ("eslint", *ESLINT_OPTIONS, *output, "--", *given)
    if given:
        yield _step(project, Runner.ESLINT, command, ReportFormat.ESLINT, report_path)


def scripts_read(project: Project) -> list[str]:
    """Its files that node or tsc reads, each as a whole; what only a bundler reads is not there."""
    try:
        manifest = read_npm_manifest(project)
    except (ValueError, RecursionError):
        return []
    by_tsc = any(isinstance(found, Step) for found in _tsc(project, manifest))
    plain = [item.partition(":")[2] for item in _items(project, manifest)]
    return [*plain, *(project.named(*_TYPED) if by_tsc else ())]


def _items(project: Project, manifest: NpmManifest) -> list[str]:
    """The files that node checks, each with its kind of module."""
    found = (_item(path, project, manifest) for path in project.named(*_PLAIN))
    return [item for item in found if item]


def _item(path: str, project: Project, manifest: NpmManifest) -> str:
    """A file with its kind of module; nothing for one that only a bundler reads."""
    root = parse_tree(Language.JAVASCRIPT, project.files[path]).root_node
    if QueryCursor(_jsx()).matches(root):
        return ""
    suffix = PurePosixPath(path).suffix
    if suffix == ".js" and not manifest.type:
        stated = {"import_statement", "export_statement"}
        is_module = any(node.type in stated for node in root.named_children)
    else:
        is_module = suffix == ".mjs" or (suffix == ".js" and manifest.type == "module")
    return f"{'m' if is_module else 'c'}:{path}"


@cache
def _jsx() -> Query:
    return Query(get_language("javascript"), _JSX)


def _step(
    project: Project,
    runner: Runner,
    command: tuple[str, ...],
    report: ReportFormat,
    report_path: str = "",
) -> Step:
    return Step(
        kind="gate",
        runner=runner,
        ecosystem="npm",
        folder=project.folder,
        command=command,
        report=report,
        report_path=report_path,
    )
