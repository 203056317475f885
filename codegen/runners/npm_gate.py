"""How a Node project is checked as a whole: by node, and by tsc and eslint if it has them."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath

from tree_sitter import Query, QueryCursor
from tree_sitter_language_pack import get_language

from codegen.runners.npm_manifest import NpmManifest, read_npm_manifest
from codegen.runners.tree import Project
from codegen.source.languages import Language
from codegen.source.trees import parse_tree
from core.artifacts.run_plan import ReportFormat, Runner, Step

_ESLINT_FILES = re.compile(r"eslint\.config\.[cm]?[jt]s|\.eslintrc(\.(json|js|cjs|ya?ml))?")
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
    if items := [item for path in _scripts(project) if (item := _item(path, project, manifest))]:
        line = _CHECK_EACH.format(report=shlex.quote(report_path))
        command = ("sh", "-c", line, "sh", *items)
        yield _step(project, Runner.NODE_CHECK, command, ReportFormat.NODE_CHECK, report_path)
    yield from _tsc(project, manifest)
    if "eslint" in manifest.packages and (manifest.eslint or _has_eslint_file(project)):
        command = ("eslint", ".", "--format", "json", "--output-file", report_path)
        yield _step(project, Runner.ESLINT, command, ReportFormat.ESLINT, report_path)


def _tsc(project: Project, manifest: NpmManifest) -> Iterator[Step | str]:
    if "typescript" not in manifest.packages or _TS_CONFIG not in project.files:
        return
    if "svelte" in manifest.packages:
        yield f"TypeScript in {project.place} was not checked: tsc does not read Svelte's files."
        return
    # A configuration that only names others checks nothing by itself.
    refers = '"references"' in project.files[_TS_CONFIG]
    mode = ("-b",) if refers else ("--noEmit", "-p", ".")
    yield _step(project, Runner.TSC, ("tsc", *mode, "--pretty", "false"), ReportFormat.TSC)


def _scripts(project: Project) -> list[str]:
    return project.named(".js", ".mjs", ".cjs")


def _has_eslint_file(project: Project) -> bool:
    return any(_ESLINT_FILES.fullmatch(path) for path in project.files)


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
