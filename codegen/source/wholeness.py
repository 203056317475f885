"""Says whether a file is whole: nothing stubbed, left out, cut off or wrapped around it."""

from collections.abc import Collection

from codegen.failure_classes import is_test_file
from codegen.source.comments import Comment, comments_of
from codegen.source.completeness import cut_off_findings
from codegen.source.elisions import elision_findings
from codegen.source.findings import Finding
from codegen.source.foreign_text import foreign_findings
from codegen.source.languages import SCRIPTS, Language, language_of
from codegen.source.python_gaps import undefined_names
from codegen.source.python_stubs import python_stubs
from codegen.source.script_stubs import script_stubs
from codegen.source.svelte_syntax import svelte_scripts
from codegen.source.syntax import python_tree, syntax_findings
from codegen.source.vacuous_tests import (
    go_empty_tests,
    python_vacuous_tests,
    script_vacuous_tests,
)


def wholeness_findings(
    path: str,
    text: str,
    promised: Collection[str] = (),
    declared: str = "",
    syntax: list[Finding] | None = None,
) -> list[Finding]:
    """Say where a file is not whole.

    Args:
        path: where the file stands.
        text: the whole file.
        promised: names that others rely on; a stub of one of them is always an error.
        declared: the language its contract names.
        syntax: what `syntax_findings` said, if that is known already.
    """
    language = language_of(path, declared)
    if syntax is None:
        syntax = syntax_findings(path, text, declared)
    if "\0" in text:
        return []
    comments = comments_of(language, text)
    return [
        *foreign_findings(path, language, text, syntax),
        *cut_off_findings(language, text, syntax),
        *elision_findings(comments, text),
        *_bodies(path, language, text, promised, comments),
    ]


def _bodies(
    path: str,
    language: Language | None,
    text: str,
    promised: Collection[str],
    comments: list[Comment],
) -> list[Finding]:
    if language is None or path.endswith((".pyi", ".d.ts")):
        return []  # declarations have no bodies
    if language is Language.PYTHON:
        try:
            tree = python_tree(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return []
        stubs = python_stubs(tree, comments, promised)
        vacuous = python_vacuous_tests(tree) if is_test_file(path) else []
        return [*stubs, *vacuous, *undefined_names(tree)]
    if language in SCRIPTS:
        return [*script_stubs(language, text, promised), *script_vacuous_tests(language, text)]
    if language is Language.GO:
        return [*script_stubs(language, text, promised), *go_empty_tests(text)]
    if language is Language.SVELTE:
        return [
            finding.model_copy(update={"line": finding.line + script.line})
            for script in svelte_scripts(text)
            for finding in script_stubs(script.language, script.text, promised)
        ]
    return []
