"""Stubs, elisions, cut-off and foreign text, and what only looks like them."""

import pytest

from codegen.source.findings import Finding, errors_of
from codegen.source.wholeness import wholeness_findings

ELISIONS = """
... existing code ...|...existing code...|… rest of the file …|... rest of the code unchanged
rest unchanged|(rest unchanged)|Rest of the file remains unchanged|rest of the code stays the same
The rest of the implementation is the same as before|same as before|Same as above
... (other methods remain the same)|other methods remain unchanged|unchanged code
existing imports|previous code here|keep the existing code|Keep existing imports here
omitted for brevity|... code omitted for brevity ...|Implementation omitted|truncated for brevity
your code here|Your implementation goes here|rest of your code here|add your logic here
remaining routes go here|Add the remaining handlers here|... more fields here
everything else stays the same|[rest of code]|... snip ...|to be continued
Similar for the other endpoints|for brevity, the handlers are omitted|etc.|...
... same as before ...|// ... unchanged ...|Insert the existing code here|as before
... (rest of the function)|remaining code unchanged|Rest of the component...
"""
INNOCENT = """
the rest of the arguments are passed on|keep the existing order of rows|unchanged rows are skipped
Removes whatever remains.|continue with the next loan|the same as the default of the server
Add the loan to the list.|skip the rest of the line|existing loans are kept|more tests below zero
omit the header when empty|code of the state|see above for details|placeholder of the input
Returns the rest.|The other side may close first.|implementation detail: see RFC 9110
`const { x, ...rest } = props` takes the rest here|as before 3.12, names are looked up late
"""


def _checked(path: str, text: str, promised: tuple[str, ...] = ()) -> list[Finding]:
    """All but undefined names: these sources are cut short, and use what they do not define."""
    found = wholeness_findings(path, text, promised)
    return [item for item in found if item.code != "undefined-name"]


def _lines(text: str) -> list[str]:
    return [part for part in text.strip().replace("\n", "|").split("|") if part]


@pytest.mark.parametrize("comment", _lines(ELISIONS))
def test_a_comment_for_code_left_out_is_refused(comment: str) -> None:
    for path, text in (
        ("a.py", f"x = 1\n# {comment}\ny = 2\n"),
        ("a.js", f"const x = 1;\n// {comment}\nconst y = 2;\n"),
        ("a.tsx", f"const x = <p>\n{{/* {comment} */}}</p>;\n"),
        ("a.css", f".a {{ color: red; }}\n/* {comment} */\n"),
        ("a.html", f"<p>a</p>\n<!-- {comment} -->\n"),
        ("a.svelte", f"<script>\n// {comment}\n</script>\n<p>a</p>\n"),
        ("a.sql", f"SELECT 1;\n-- {comment}\n"),
        ("a.go", f"package a\n// {comment}\n"),
        ("a.yaml", f"a: 1\n# {comment}\n"),
        ("Makefile", f"a: b\n# {comment}\n"),
    ):
        found = [item for item in _checked(path, text) if item.code == "elision"]
        assert [item.line for item in found] == [2], (path, found)


@pytest.mark.parametrize("comment", _lines(INNOCENT))
def test_a_comment_that_explains_is_let_through(comment: str) -> None:
    assert _checked("a.py", f"x = 1\n# {comment}\ny = 2\n") == []
    assert _checked("a.ts", f"const x = 1;\n// {comment}\nconst y = 2;\n") == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "assert done is False  # unchanged\n"),
        ("a.js", "expect(b.title).toBe('Old'); // unchanged\n"),
        ("a.py", "x = 1\n# the title stays the same\ny = 2\n"),
        ("a.py", "x = 1\n# The password remains unchanged\n"),
        ("a.py", "x = 1\n# everything else is unchanged\nassert x == 1\n"),
        ("a.js", "f();\n// the rest is the same\nconst a = b();\nexpect(a).toBe(1);\n"),
        ("a.py", "assert x == 1  # everything else is unchanged\n"),
        ("a.py", "class A:\n    before: str  # previous content\n"),
        ("a.py", "x = 1  # same as before\n"),
        ("a.py", "x = 1\n# unchanged\ny = 2\n"),
        ("a.py", "# Existing models\nclass Task:  # of a list\n    x = 1\n"),
        ("a.js", "/**\n * Existing routes\n */\nuse(tasks);\n"),
        ("a.css", "/* Existing styles */\n#app { color: red; }\n"),
        ("a.tsx", "const a = <p>\n  {/* Existing settings */}\n  <b>a</b>\n</p>;\n"),
        ("a.py", "# Add additional fields\nform.add('a')\n"),
        ("a.py", "# Include the other routes\napp.include_router(a)\n"),
        ("a.py", "# Keep the existing settings\nx = x or y\n"),
    ],
)  # fmt: skip
def test_a_comment_about_what_stands_beside_it_is_let_through(path: str, text: str) -> None:
    assert _checked(path, text) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "x = 1\n# Existing models\n"),
        ("a.py", "x = 1\n# Existing models\n\n\ny = 2\n"),
        ("a.py", "def f(x):\n    # Add additional fields\n    return x\n"),
        ("a.js", "const a = [\n  b,\n  // Include the other routes\n];\n"),
        ("a.py", "def f(x):\n    x += 1\n    # unchanged\n\n\ny = 2\n"),
        ("a.py", "x = 1\n# everything else is unchanged\ny = 2\n"),
        ("a.py", "x = 1\n# (rest unchanged)\nassert x\n"),
        ("a.js", "f();\n// existing code here\nexpect(a).toBe(1);\n"),
        ("a.js", "f(); // ... rest of the file unchanged\n"),
        ("a.js", "const f = () => { /* existing code here */ };\n"),
        ("a.py", "x = 1\n# rest of the code unchanged\nassert x\n"),
        ("a.py", "x = 1\n# The file remains unchanged\n"),
        ("a.py", "x = 1\n# Add your own logic\ny = 2\n"),
    ],
)
def test_a_comment_for_what_is_not_there_is_refused(path: str, text: str) -> None:
    assert "elision" in {item.code for item in errors_of(_checked(path, text))}


def test_dots_within_a_longer_comment_are_an_example() -> None:
    assert _checked("a.py", "# as in\n# ...\n# end\nx = 1\n") == []
    assert _checked("a.json", '{"a": "// rest unchanged"}') == []
    assert _checked("a.py", 's = "# rest unchanged"\n') == []


@pytest.mark.parametrize(
    "body",
    ["pass", "...", "raise NotImplementedError", "raise NotImplementedError('later')",
     '"""Add one."""', '"""Add one."""\n    pass', "# TODO: write\n    pass",
     "# FIXME\n    return None", "raise RuntimeError('not implemented yet')",
     "return []  # TODO implement", "return 0  # placeholder"],
)  # fmt: skip
def test_a_python_function_without_a_body_is_refused(body: str) -> None:
    for text in (
        f"def add(a):\n    {body}\n",
        f"@cached\nasync def add(a):\n    {body}\n",
    ):
        errors = errors_of(_checked("a.py", text, promised=("add",)))
        assert [item.code for item in errors] == ["stub"], (text, errors)


@pytest.mark.parametrize(
    "text",
    [
        "class A(Protocol):\n    def f(self): ...\n",
        "class A(ABC):\n    @abstractmethod\n    def f(self): pass\n",
        "class A:\n    @abc.abstractmethod\n    def f(self): ...\n    def g(self): ...\n",
        "class A:\n    def f(self): raise NotImplementedError\nclass B(A):\n    def f(self):"
        " return 1\n",
        "@overload\ndef f(a: int) -> int: ...\ndef f(a): return a\n",
        "class E(Exception):\n    pass\n",
        "if TYPE_CHECKING:\n    def f(): ...\n",
        "class A:\n    def __init__(self): pass\n    def close(self): pass\n",
        "class H(Handler):\n    def log_message(self, *args): pass\n",
        "def f():\n    # Nothing to do here.\n    pass\n",
        'def f():\n    """Do nothing, on purpose: intentionally empty."""\n',
        "@app.callback()\ndef f():\n    \"\"\"The command.\"\"\"\n",
        "class NullStore:\n    def put(self, a): pass\n",
        "def f(a):\n    return None\n",
        "def f(a):\n    if a:\n        raise NotImplementedError(a)\n    return a\n",
        "",
    ],
)  # fmt: skip
def test_python_that_is_meant_to_be_empty_is_let_through(text: str) -> None:
    assert _checked("a.py", text) == []


def test_a_method_without_a_body_is_an_error_unless_it_may_be_a_hook_of_its_base() -> None:
    text = "class A(Outside):\n    def f(self): pass\n"
    assert [item.code for item in _checked("a.py", text)] == ["stub"]
    assert errors_of(_checked("a.py", text)) == []
    assert errors_of(_checked("a.py", text, promised=("A.f",))) == []
    assert errors_of(_checked("a.py", text.replace("(Outside)", "")))
    documented = 'class A:\n    def f(self):\n        """Say so."""\n'
    assert errors_of(_checked("a.py", documented)) == []
    assert errors_of(_checked("a.py", documented, promised=("A",)))
    assert _checked("a.pyi", "def f(): ...\n") == []


def test_a_test_or_route_without_a_body_is_an_error() -> None:
    assert errors_of(_checked("test_a.py", "def test_a():\n    pass\n"))
    assert errors_of(_checked("a.py", "@router.get('/')\ndef show():\n    ...\n"))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.js", "export function add(a) {}\n"),
        ("a.js", "function add(a) {\n  throw new Error('Not implemented');\n}\n"),
        ("a.ts", "export const add = async (a: string) => {\n  // TODO: implement\n};\n"),
        ("a.ts", "class S {\n  add(a: string) {\n    throw new Error('TODO');\n  }\n}\n"),
        ("a.ts", "class S {\n  add = () => {};\n}\n"),
        ("a.tsx", "export function add() {\n  // TODO\n  return null;\n}\n"),
        ("a.js", "const add = function () { return Promise.reject(new Error('unimplemented')); };"),
        ("a.svelte", "<script>\nfunction add() {\n  // FIXME\n}\n</script>\n"),
        ("a.go", 'package a\n\nfunc add() {\n\tpanic("not implemented")\n}\n'),
        ("a.go", "package a\n\nfunc (s *S) add() error {\n\t// TODO\n\treturn nil\n}\n"),
    ],
)
def test_a_script_function_without_a_body_is_refused(path: str, text: str) -> None:
    errors = errors_of(_checked(path, text, promised=("add",)))
    assert [item.code for item in errors] == ["stub"], errors
    assert "add" in errors[0].message


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.ts", "class A { constructor(private b: B) {} close() {} }\nabstract class C "
         "{ abstract d(): void; e() { throw new Error('no such loan'); } }"),
        ("a.js", "const noop = () => {};\nrun(() => {}, { f() {} });\nlet a = b ?? (() => {});"),
        ("a.js", "function f() {\n  // nothing to do\n}\n"),
        ("a.ts", "export class NullStore { put() {} }\nexport function f() { return null; }"),
        ("a.ts", "declare function f(): void\nfunction g(a: A): void;\nfunction g(a) { h(); }"),
        ("a.d.ts", "export function f(): void;"),
        ("a.go", "package a\n\nfunc main() {}\n\nfunc f() error {\n\treturn nil\n}\n"),
    ],
)  # fmt: skip
def test_scripts_that_are_meant_to_be_empty_are_let_through(path: str, text: str) -> None:
    assert _checked(path, text) == []


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("a.py", "def f():\n    return g(1,\n", 2),
        ("a.py", "x = 1\ny = '''abc\n", 2),
        ("a.py", "x = 1\ndef f(a):\n", 2),
        ("a.py", "x = 1\ny =\n", 2),
        ("a.ts", "export function f() {\n  return 1;\n", 1),
        ("a.js", "const a = `x ${b}\n", 1),
        ("a.js", "const a = 1;\nconst b =\n", 2),
        ("a.jsx", "const A = () => (\n  <div>\n    <p>x</p>\n", 1),
        ("a.css", ".a { color: red; }\n.b { color:\n", 2),
        ("a.scss", ".a { .b { color: red; }\n", 1),
        ("a.go", "package a\n\nfunc f() {\n\tx := 1\n", 3),
        ("a.html", "<!doctype html>\n<html><body><p>a</p>\n", 2),
        ("a.html", "<p>a</p>\n<!-- b\n", 2),
        ("a.html", "<p>a</p>\n<div class='b\n", 2),
        ("a.svelte", "<script>\nlet a = {\n</script>\n", 2),
        ("a.svelte", "{#if a}\n<p>b</p>\n", 1),
        ("a.json", '{"a": [1, 2\n', 1),
        ("a.toml", 'a = 1\nb = "x\n', 2),
        ("a.yaml", 'a: 1\nb: "x\n', 3),
        ("a.sql", "SELECT 1;\nCREATE TABLE a (\n  b INT,\n", 2),
        ("a.sql", "SELECT 1;\nINSERT INTO a VALUES ('b\n", 2),
        ("a.sql", "SELECT 1;\nSELECT a FROM\n", 2),
        ("a.md", "# A\n\n```sh\nrun\n", 3),
        ("Dockerfile", "FROM a\nRUN b && \\\n", 2),
        ("Dockerfile", "FROM a\nCMD\n", 2),
    ],
)
def test_text_that_breaks_off_is_refused(path: str, text: str, line: int) -> None:
    errors = errors_of(_checked(path, text))
    assert [item.code for item in errors] == ["cut-off"], errors
    assert abs(errors[0].line - line) <= 1, errors


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("a.py", "Here is the file you asked for:\n\nx = 1\n", "not-a-file"),
        ("a.py", "x = 1\nI hope this helps!\n", "not-a-file"),
        ("a.ts", "Sure, this does it.\nconst a = 1;\n", "not-a-file"),
        ("a.yaml", "Here is the file: a\n", "not-a-file"),
        ("a.css", "This is the style sheet.\n.a { color: red; }\n", "not-a-file"),
        ("README.md", "Sure! Here is the README:\n\n# A\n", "not-a-file"),
        ("a.html", "Certainly, this page shows it.\n<p>a</p>\n", "not-a-file"),
        ("a.py", "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n", "not-a-file"),
        ("a.ts", "@@ -1,2 +1,2 @@\n-const a = 1;\n+const a = 2;\n", "not-a-file"),
        ("a.txt", "diff --git a/a.txt b/a.txt\n", "not-a-file"),
        ("a.ts", "*** Begin Patch\n*** Update File: a.ts\n", "not-a-file"),
        ("a.py", "```python\nx = 1\n```\n", "fence"),
        ("a.js", "```js\nconst a = 1;\n```\n", "fence"),
        ("a.js", "const a = 1;\n```\nconst b = 2;\n", "fence"),
        ("a.css", ".a { color: red; }\n```\n", "fence"),
        ("README.md", "```markdown\n# A\n```\n", "fence"),
        ("a.py", "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b\n", "merge-conflict"),
        ("a.css", ".a {}\n>>>>>>> b\n", "merge-conflict"),
        ("a.txt", "<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> b\n", "merge-conflict"),
    ],
)
def test_text_that_is_not_the_file_is_refused(path: str, text: str, code: str) -> None:
    assert code in {item.code for item in errors_of(_checked(path, text))}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", 'a = """\n```\n<<<<<<< HEAD\n=======\n>>>>>>> b\n@@ -1 +1 @@\n"""\n'),
        ("a.js", "/*\n```js\nf();\n```\n*/\nconst a = 1;\n"),
        ("a.patch", "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-a\n+b\n"),
        ("README.md", "# A\n\nTitle\n=======\n\n```diff\n@@ -1 +1 @@\n```\n"),
        ("notes.txt", "Here we are.\n=======\n"),
        ("a.go", 'package a\n\nconst b = `\n```\n`[0:1]\n'.replace("```", "'''")),
        ("Makefile", "all:\n\techo \"a\"\n"),
        (".gitignore", "*.pyc\n"),
    ],
)  # fmt: skip
def test_what_only_looks_foreign_is_let_through(path: str, text: str) -> None:
    assert _checked(path, text) == []


def test_a_text_with_a_nul_is_left_to_the_syntax_check() -> None:
    assert _checked("a.py", "x\0# rest unchanged") == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.js", 'import { a } from "./a.js";\na();\nprocess.stdout.wri\n'),
        ("a.js", "test();\ntes\n"),
        ("Dockerfile", 'FROM a\nCMD ["node", "src/ser\n'),
        ("Dockerfile", 'FROM a\nHEALTHCHECK CMD ["node", "-e", "fetch(\'http\n'),
        ("README.md", "# A\n\nIt runs. It answers `GET /health` as long a\n"),
        ("README.md", "# A\n\nColumns are `date`, `start` and `projec\n"),
        ("README.md", "# A\n\n```sh\nrun\n\nstop\n```\nIt runs. It answ\n"),
        ("README.md", "# A\n\n```sh\nrun\n\nsto\n"),
        ("a.sql", "BEGIN;\nDELETE FROM a;\nCOMM\n"),
        ("a.sql", "BEGIN;\nDELETE FROM a;\nCOMMIT; SELECT b FROM\n"),
        ("README.md", "# A\n\n1. Fork it\n2. Open the\n"),
        ("README.md", "# A\n\n1. Fork it\n2. Run `npm inst\n"),
        ("README.md", "# A\n\nIt is under a licence. It answ\n"),
        ("README.md", "# A\n\nSee https://example.org. It answ\n"),
    ],
)
def test_a_text_that_still_parses_breaks_off(path: str, text: str) -> None:
    assert "cut-off" in {item.code for item in errors_of(_checked(path, text))}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.js", "const a = 1;\na;\n"),
        ("a.js", "start()\n"),
        ("a.sql", "BEGIN;\nDELETE FROM a;\nCOMMIT\n"),
        ("a.sql", "BEGIN;\nDELETE FROM a;\nrollback transaction\n"),
        ("a.js", '"use strict"\n'),
        ("a.js", "// nothing but this\n"),
        ("Dockerfile", 'FROM a\nCMD ["node", "a.js"]\n'),
        ("README.md", "# A\n\nIt runs.\n\n## Licence\n\nMIT\n"),
        ("README.md", "# A\n\nIt runs. See https://example.org/a\n\n- one. two\n"),
        ("README.md", "# A\n\n| a. b | `c |\n"),
        ("README.md", "# A\n\nIt runs. It answers (see `docs`).\n"),
        ("README.md", "# A\n\n1. Fork it\n2. Commit\n3. Open a pull request\n"),
        ("README.md", "# A\n\nIn short:\n1. Fork it. Commit\n   and push\n"),
        ("README.md", "# A\n\n+ One. Two\n"),
        ("README.md", "# A\n\n* Fork it. Then push\n"),
        ("README.md", "# A\n\n- Fork it\n\n  Commit. Then push\n"),
        ("README.md", "# A\n\n    cd a. And run\n"),
        ("README.md", "# A\n\n© 2025 Acme. All rights reserved\n"),
        ("README.md", "# A\n\nMIT License. Copyright (c) 2025 Acme Inc\n"),
        ("README.md", "# A\n\nIt is free. See LICENSE for details\n"),
        ("README.md", "# A\n\nIt runs. Questions? Mail to team@example.com\n"),
        ("README.md", "# A\n\nIt runs. Open http://localhost:3000\n"),
        ("README.md", "# A\n\nHelp is welcome. See CONTRIBUTING.md\n"),
        ("README.md", "# A\n\nHelp is welcome! Please open an issue\n"),
        ("README.md", "# A\n\nRead the pages, e.g. those of users\n"),
        ("README.md", "# A\n\n```sh\nrun\n\nstop\n```\n"),
        ("README.md", "# A\n\n```sh\nrun\n\nstop\n```\nThat is all.\n"),
    ],
)
def test_an_end_without_a_mark_is_an_end(path: str, text: str) -> None:
    assert "cut-off" not in {item.code for item in errors_of(_checked(path, text))}


@pytest.mark.parametrize(
    "text",
    [
        'def empty():\n    """Says that nothing is there."""\n    raise NotImplementedError\n',
        "import pytest\n\n\n@pytest.fixture\ndef client():\n    raise NotImplementedError\n",
        "def main():\n    raise NotImplementedError\n",
        "def outer():\n    def inner():\n        # TODO: write\n        pass\n    return inner\n",
    ],
)
def test_no_words_excuse_what_was_never_written(text: str) -> None:
    assert "stub" in {item.code for item in errors_of(_checked("a.py", text))}


def test_an_empty_callback_is_no_stub() -> None:
    text = "def outer():\n    def inner():\n        pass\n    return inner\n"
    assert errors_of(_checked("a.py", text)) == []
