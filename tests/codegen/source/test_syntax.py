import pytest

from codegen.source.findings import Finding, errors_of, offending
from codegen.source.interface import exports_of
from codegen.source.languages import Language, language_of
from codegen.source.syntax import syntax_findings
from codegen.source.wholeness import wholeness_findings
from core.artifacts.structure import Severity


@pytest.mark.parametrize(
    ("path", "declared", "language"),
    [
        ("a/b.py", "", Language.PYTHON),
        ("a.TSX", "", Language.TSX),
        ("a.d.ts", "", Language.TYPESCRIPT),
        ("a.mjs", "python", Language.JAVASCRIPT),
        ("Dockerfile", "", Language.DOCKERFILE),
        ("deploy/api.dockerfile", "", Language.DOCKERFILE),
        ("Dockerfile.dev", "", Language.DOCKERFILE),
        ("Dockerfile.dockerignore", "", None),
        (".prettierrc", "", Language.YAML),
        ("bin/serve", "Python", Language.PYTHON),
        ("bin/serve", "golang", Language.GO),
        ("bin/serve", "css", Language.CSS),
        ("bin/serve", "perl", None),
        (".gitignore", "python", None),
        ("LICENSE", "", None),
        ("a.rs", "python", None),
    ],
)
def test_the_name_tells_the_language_and_the_contract_where_it_cannot(
    path: str, declared: str, language: Language | None
) -> None:
    assert language_of(path, declared) is language


@pytest.mark.parametrize(
    ("path", "text", "line", "said"),
    [
        ("a.py", "x = 1\ndef f(:\n    pass\n", 2, "def f(:"),
        ("a.py", "def f():\n    return (1,\n", 2, "never closed"),
        ("a.js", "const a = 1;\nconst b = ;\n", 2, "const b = ;"),
        ("a.jsx", "const a = <div><p></div>;\n", 1, "<div>"),
        ("a.ts", "interface A { b: string }\nfunction f( {}\n", 2, "function f"),
        ("a.tsx", "export const A = () => <b>{x</b>;\n", 1, "A"),
        ("a.js", 'export type * from "x";\n', 1, "type"),
        ("a.ts", "export type *;\n", 1, "type *"),
        ("a.go", "package a\n\nfunc f( {\n}\n", 3, "func"),
        ("a.json", '{"a": 1,}\n', 1, "double quotes"),
        ("a.json", '{"a": NaN}\n', 0, "NaN"),
        ("package.json", '{\n// a\n"a": 1}\n', 2, "// a"),
        ("a.toml", "[a]\nb = \n", 2, "b ="),
        ("a.yaml", "a: 1\nb: [1, 2\nc: 3\n", 3, "c: 3"),
        ("a.yaml", "a: *b\n", 1, "no anchor"),
        ("a.yaml", "a: &b 1\n---\nc: *b\n", 3, "no anchor"),
        ("a.yml", "a:\n\t- b\n", 2, "token"),
        ("a.svelte", "<script>\n  let a = ;\n</script>\n", 2, "let a"),
        ("a.svelte", "{#if a}\n<p>b</p>\n", 1, "{#if} is never closed"),
        ("a.svelte", "{#if a}\n{/each}{/if}\n", 2, "{/each} closes no open"),
        ("a.svelte", "<div>\n<span></div>\n", 2, "</div> closes no open element"),
        ("a.svelte", "<div>\n<b>x</b>\n", 1, "<div> is never closed"),
        ("a.svelte", "<p>{a</p>\n", 1, "'{' is never closed"),
        ("a.svelte", "<script>let a = 1;\n", 1, "<script> is never closed"),
        ("a.html", "<div class=></div><\n", 1, "div"),
        ("a.txt", "a\n\0", 2, "NUL"),
    ],
)
def test_what_does_not_parse_is_named_with_its_place(
    path: str, text: str, line: int, said: str
) -> None:
    errors = errors_of(syntax_findings(path, text))
    assert errors
    assert errors[0].line == line, errors
    assert any(said in item.message for item in errors), errors
    assert all(item.code == "syntax" for item in errors)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tsconfig.json", '{\n  // "a"\n  "a": "b // c,]", /* d */\n  "e": [1,],\n}\n'),
        ("pyrightconfig.json", '{\n  // "a"\n  "a": 1,\n}\n'),
        ("a.json", '\ufeff{"a": 1}'),
        ("a.py", 'pattern = "\\d"\nassert (1, "x")\n'),
        ("a.ts", 'import { a as default } from "x";\nlet b: import("y").Z<string>;\n'),
        ("a.ts", 'export type * from "x";\nexport type * as y from "./y"\n'),
        ("a.svelte", "<p>{a.replace(/'/g, '')} {`${b}}`}</p><img src={c}><p>d<p>e"),
        ("a.svelte", "{@attach tip()}<input {...rest} bind:value={() => a, (b) => b} />"),
        ("a.html", "{% if a %}<div {% if b %}class='c'{% endif %}>{{ d }}</div>{% endif %}"),
        ("a.rs", "fn main( {"),
        ("a.py", ""),
        ("a.ts", ""),
        ("a.yaml", ""),
    ],
)
def test_what_its_readers_take_is_no_error(path: str, text: str) -> None:
    assert errors_of(syntax_findings(path, text)) == []


@pytest.mark.parametrize("path", ["a.jsx", "a.tsx"])
@pytest.mark.parametrize(
    "markup",
    [
        "<h2>Terms & Conditions</h2>",
        "<p>R&D, AT&T &copy 2025 &amp; a && b & {c && d} &</p>",
        "<p>Rock & 'n roll & // (more & [\n& {/* & */} more</p>",
        '<a href="https://a.org/?b=1&c=https://d.org/e&f">g</a>',
        "<img src={`?a=1&b=2`} alt='A & B' title=\"C&D\" />",
        "<>{a && <b>c & d</b>} & {e & f}</>",
    ],
)
def test_an_ampersand_may_stand_for_itself_in_jsx(path: str, markup: str) -> None:
    text = f'import b from "c";\n\nexport function A() {{\n  return {markup};\n}}\n'
    assert errors_of(syntax_findings(path, text)) == []
    assert errors_of(wholeness_findings(path, text)) == []
    assert [item.name for item in exports_of(path, text).names] == ["A"]


@pytest.mark.parametrize(
    "text",
    [
        "<title>Terms & Conditions</title><h1>Tips & tricks</h1>",
        "<p>a && b & c &</p><a href='?b=1&c=2' title='D & E'>f</a>",
    ],
)
def test_an_ampersand_may_stand_for_itself_in_html(text: str) -> None:
    assert errors_of(syntax_findings("a.html", text)) == []
    assert errors_of(wholeness_findings("a.html", text)) == []


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("a.jsx", "const a = & b;", "& b"),
        ("a.tsx", "const a = b & & c;", "& c"),
        ("a.ts", "f(&a);", "&"),
        ("a.tsx", "type A = B & ;", "B & ;"),
        ("a.jsx", "const a = <p>{b & }</p>;", "{b & }"),
        ("a.jsx", "const a = <p & b='c'>d</p>;", "<p &"),
        ("a.jsx", "const a = <p b=&>d</p>;", "b=&"),
        ("a.jsx", "const a = <p>b & c;", "b & c"),
        ("a.tsx", "const a = <p>b & c</p>; const d = ;", "const d = ;"),
        ("a.html", "<p>b & c</p><div class=></div><", "class="),
    ],
)
def test_an_ampersand_mends_nothing_that_is_broken(path: str, code: str, said: str) -> None:
    errors = errors_of(syntax_findings(path, f"\n{code}\n"))
    assert errors[0].line == 2, errors
    assert said in errors[0].message
    assert not any("\x1a" in item.message for item in errors)


def test_what_a_grammar_may_not_know_is_a_remark() -> None:
    found = syntax_findings("a.sql", "CREATE DOMAIN a AS b; SELEC 1;")
    assert found
    assert {item.severity for item in found} == {Severity.INFO}


@pytest.mark.parametrize("path", ["a.py", "a.json", "a.yaml", "a.toml", "a.ts"])
def test_endless_nesting_is_refused_not_followed(path: str) -> None:
    assert errors_of(syntax_findings(path, "a = " * (path == "a.toml") + "[" * 20_000))


def test_a_finding_reads_as_one_line() -> None:
    finding = Finding(
        severity=Severity.ERROR, code="stub", line=3, message="a", suggestion="Write b."
    )
    assert str(finding) == "line 3: a. Write b."
    assert str(finding.model_copy(update={"line": 0, "suggestion": ""})) == "a"
    assert offending("x" * 200, 1) == repr("x" * 100 + "…")
    assert offending("", 9) == "''"
