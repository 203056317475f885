"""Code that does not fit: imports, exports, signatures, circles, packages, syntax."""

import ast
import io
import posixpath
import re
import tokenize
from collections.abc import Iterator

from tests.gold.faults.mutant import Subject, Wrong

_PYTHON_IMPORT = re.compile(
    r"^from (?P<module>[\w.]+) import (?P<names>\(?[\w, \n]+\)?)", re.MULTILINE
)
_SCRIPT_IMPORT = re.compile(
    r'^import \{ (?P<names>[^}]+) \} from "(?P<module>\.[^"]+)";', re.MULTILINE
)
_PYTHON_BLOCK = re.compile(r"^\s*(?:def|class|if|for) .*(?P<end>:)$", re.MULTILINE)
_END_OF_LINE = re.compile(r"^(?! \*|/\*).*(?P<bracket>[)\]}])(?=;?,?$)", re.MULTILINE)


def wrong_name(subject: Subject) -> Iterator[Wrong]:
    """A name that the other file does not have."""
    for found in _imports(subject):
        name = re.findall(r"\w+", found["names"])[0]
        begin = found.start("names") + found["names"].index(name)
        text = f"{subject.text[:begin]}{name}Impl as {subject.text[begin:]}"
        yield f"imports {name}Impl from {found['module']}", text


def wrong_path(subject: Subject) -> Iterator[Wrong]:
    """A file that is not there."""
    for found in _imports(subject):
        stem, suffix = (
            posixpath.splitext(found["module"]) if subject.is_script else (found["module"], "")
        )
        module = f"{stem}_core{suffix}"
        yield f"imports {module}", _put(subject.text, found.span("module"), module)


def _imports(subject: Subject) -> Iterator[re.Match[str]]:
    """The imports of other files of the repository by name."""
    if subject.is_script:
        yield from _SCRIPT_IMPORT.finditer(subject.text)
    elif subject.is_python:
        paths = {item["path"] for item in subject.contract["imports"]}
        modules = {path.removesuffix(".py").replace("/", ".") for path in paths}
        for found in _PYTHON_IMPORT.finditer(subject.text):
            if found["module"] in modules:
                yield found


def missing_export(subject: Subject) -> Iterator[Wrong]:
    """A promised name under another one, everywhere in its file."""
    for export in subject.contract["exports"]:
        name = export["name"]
        defined = rf"^(?:(?:export )?(?:async )?(?:def|class|function|const) )?{name}\b(?!\.)"
        if re.search(defined, subject.text, re.MULTILINE):
            text = re.sub(rf"(?<!\.)\b{name}\b(?!=)", f"{name}_old", subject.text)
            yield f"{name} is called {name}_old", text


def another_parameter(subject: Subject) -> Iterator[Wrong]:
    """A promised function, or method, that wants something more."""
    for name in _promised_calls(subject):
        pattern = rf"^(?P<head>\s*(?:export )?(?:async )?(?:def |function )?{name}\()(?P<rest>.*)"
        found = re.search(pattern, subject.text, re.MULTILINE)
        if found is None or (subject.is_script and not found["rest"].rstrip().endswith("{")):
            continue
        rest = found["rest"]
        if rest.startswith("self"):
            wrong = re.sub(r"^self(?:, )?", "self, tenant, ", rest).replace(", )", ")")
        else:
            wrong = f"tenant, {rest}" if rest[:1] not in {")", ""} else f"tenant{rest}"
        text = (
            _put(subject.text, found.span("rest"), wrong) if rest else _broken_line(subject, found)
        )
        yield f"{name} wants a tenant besides", text


def _broken_line(subject: Subject, found: re.Match[str]) -> str:
    """Parameters that begin on the next line."""
    end = found.end()
    return f"{subject.text[:end]}\n    tenant,{subject.text[end:]}"


def _promised_calls(subject: Subject) -> list[str]:
    names: list[str] = []
    for export in subject.contract["exports"]:
        if export["kind"] == "function":
            names.append(export["name"])
        elif export["kind"] == "class":
            calls = re.findall(r"[:;{] (?:def )?([a-z]\w*)\(", export["signature"])
            names += [name for name in calls if name != "constructor"]
    return names


def lost_bracket(subject: Subject) -> Iterator[Wrong]:
    """A bracket of the code that is left out: the last one, and the one in the middle."""
    places = _closing_brackets(subject)
    for place in dict.fromkeys(places[-1:] + places[len(places) // 2 :][:1]):
        line = subject.text.count("\n", 0, place) + 1
        yield (
            f"line {line} lacks its {subject.text[place]!r}",
            _put(subject.text, (place, place + 1), ""),
        )


def lost_colon(subject: Subject) -> Iterator[Wrong]:
    """A block of Python without its colon."""
    if subject.is_python:
        for found in _PYTHON_BLOCK.finditer(subject.text):
            line = subject.text.count("\n", 0, found.start("end")) + 1
            yield f"line {line} lacks its colon", _put(subject.text, found.span("end"), "")


def _closing_brackets(subject: Subject) -> list[int]:
    """Places of brackets that are code, and no part of a text or comment."""
    if subject.is_python:
        starts = [0]
        for line in subject.text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        tokens = tokenize.generate_tokens(io.StringIO(subject.text).readline)
        return [
            starts[token.start[0] - 1] + token.start[1]
            for token in tokens
            if token.type == tokenize.OP and token.string in {")", "]", "}"}
        ]
    if subject.is_script or subject.path.endswith((".json", ".toml")):
        return [found.start("bracket") for found in _END_OF_LINE.finditer(subject.text)]
    return []


def circle(subject: Subject) -> Iterator[Wrong]:
    """An import of a file that, directly or through others, imports this one."""
    if not (subject.is_python or subject.is_script):
        return
    for path, name in _dependants(subject):
        if subject.is_python:
            module = path.removesuffix(".py").replace("/", ".")
            line = f"from {module} import {name}\n" if name else f"import {module}\n"
        else:
            module = posixpath.relpath(path, posixpath.dirname(subject.path) or ".")
            module = module if module.startswith(".") else f"./{module}"
            line = f'import {{ {name} }} from "{module}";\n'
        yield f"imports {path}, which imports it", _with_import(subject, line)


def _dependants(subject: Subject) -> Iterator[tuple[str, str]]:
    """Files that need this one, each with a name that it offers."""
    gold = subject.gold
    contracts = {path: gold.contract(path) for path in gold.texts}
    reached = [subject.path]
    for path in reached:
        for other, contract in contracts.items():
            if other not in reached and any(item["path"] == path for item in contract["imports"]):
                reached.append(other)
    for path in reached[1:]:
        exports = contracts[path]["exports"]
        if exports and path.endswith(posixpath.splitext(subject.path)[1]):
            yield path, exports[0]["name"]


def invented_package(subject: Subject) -> Iterator[Wrong]:
    """A package that nobody declared."""
    if subject.is_python:
        yield "imports fluent_tables", _with_import(subject, "import fluent_tables\n")
        yield (
            "imports flask_magic.core",
            _with_import(subject, "from flask_magic.core import wire\n"),
        )
    elif subject.is_script:
        yield (
            "imports fluent-tables",
            _with_import(subject, 'import fluent from "fluent-tables";\n'),
        )
        line = 'import { wire } from "@magic/express";\n'
        yield "imports @magic/express", _with_import(subject, line)


def _with_import(subject: Subject, line: str) -> str:
    """The text with one more import, below the last one at the left margin."""
    text = subject.text
    if subject.is_python:
        last = 0
        for node in ast.parse(text).body:
            docstring = isinstance(node, ast.Expr) and last == 0
            if docstring or isinstance(node, ast.Import | ast.ImportFrom):
                last = node.end_lineno or last
        lines = text.splitlines(keepends=True)
        return "".join([*lines[:last], line, *lines[last:]])
    places = [found.end() for found in re.finditer(r"^import [^;]+;\n|^#!.*\n", text, re.MULTILINE)]
    place = places[-1] if places else 0
    return f"{text[:place]}{line}{text[place:]}"


def _put(text: str, span: tuple[int, int], wrong: str) -> str:
    return f"{text[: span[0]]}{wrong}{text[span[1] :]}"
