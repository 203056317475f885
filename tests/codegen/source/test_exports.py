"""What files of each language offer."""

import pytest

from codegen.source.interface import exports_of
from codegen.source.names import promised_exports
from core.artifacts.structure import Export, FileContract
from tests.codegen.source.sources import GO, JAVASCRIPT, JSX, PYTHON, SVELTE, TYPESCRIPT


def _names(path: str, text: str) -> dict[str, str]:
    return {item.name: item.kind for item in exports_of(path, text).names if item.offered}


def test_python_offers_what_all_names() -> None:
    exports = exports_of("app/loans.py", PYTHON)
    assert [item.name for item in exports.names if item.offered] == ["Loan", "overdue"]
    loan = exports.named("Loan")
    assert loan
    assert loan.members == (
        "tool: str", "due: int", "tags: list[str]", "@property def late(self) -> bool",
    )  # fmt: skip
    opened = exports.named("opened")
    assert opened
    assert opened.signature == ("async def opened(path: str, /, *, mode: str='r') -> Iterator[str]")
    assert not opened.offered


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x = 1\ny: int\n_z = 2\n", {"x": "constant", "y": "constant"}),
        ("(a, [b, *c]) = d = f()\n", {"a": "other", "b": "other", "c": "other", "d": "other"}),
        ("if a:\n    def f(): pass\nelse:\n    f = g\n", {"f": "function"}),
        ("try:\n    import a\nexcept ImportError:\n    A = 1\nfinally:\n    B = 2\n",
         {"A": "constant", "B": "constant"}),
        ("from a import b as b, c\n", {"b": "other"}),
        ("from a import b\n__all__ = ['b']\n__all__ += ['d']\n__all__.extend(['e'])\nd = 1\n",
         {"b": "other", "d": "constant"}),
        ("T = NewType('T', int)\nP = namedtuple('P', 'a')\nL = lambda a: a\nX: TypeAlias = int\n",
         {"T": "type", "P": "class", "L": "function", "X": "type"}),
        ("with a() as b:\n    for c in d:\n        e = 1\n",
         {"b": "other", "c": "other", "e": "constant"}),
        ("match a:\n    case 1:\n        f = 1\n", {"f": "constant"}),
        ("a = 1\ndel a\n", {}),
        ("a: int\na = 1\n", {"a": "constant"}),
    ],
)  # fmt: skip
def test_python_names_are_found_wherever_they_are_bound(text: str, names: dict[str, str]) -> None:
    assert _names("a.py", text) == names


@pytest.mark.parametrize(
    "text", ["globals()['a'] = 1\n", "globals().update(a=1)\n", "def __getattr__(name): ...\n", "("]
)
def test_python_that_makes_names_unseen_is_open(text: str) -> None:
    assert exports_of("a.py", text).open


def test_what_a_framework_calls_and_type_variables_are_not_offered() -> None:
    text = (
        "T = TypeVar('T')\n@router.get('/')\ndef a(): return 1\n"
        "@functools.lru_cache(maxsize=1)\ndef b(): return 1\n"
    )
    assert _names("a.py", text) == {"b": "function"}
    assert exports_of("a.py", text).named("a")


def test_python_passes_on_names_and_stars() -> None:
    exports = exports_of("a/__init__.py", "from .b import c as d\nfrom .e import *\nimport f.g\n")
    assert [(item.name, item.origin, item.original) for item in exports.names] == [
        ("d", ".b", "c"),
        ("f", "f.g", ""),
    ]
    assert exports.stars == (".e",)


def test_python_classes_have_what_they_put_on_themselves() -> None:
    text = (
        "class A(B, metaclass=M):\n    x = 1\n    if T:\n        y: int\n    class C: ...\n"
        "    @classmethod\n    def make(cls): self.w = 1\n"
        "    def __init__(self, z):\n        self.z = z\n"
    )
    found = exports_of("a.py", text).names[0]
    assert found.signature == "class A(B, metaclass=M)"
    assert found.bases == ("B",)
    assert found.members == (
        "x", "y: int", "class C", "@classmethod def make(cls)", "def __init__(self, z)", "w", "z",
    )  # fmt: skip


def test_typescript_offers_its_exports_with_signatures() -> None:
    text = TYPESCRIPT.replace("in out T", "T")
    assert _names("a.ts", text.replace('type Config = import("vite").UserConfig;\n', "")) == {
        "Loan": "type", "Handler": "type", "State": "constant", "Store": "class",
        "list": "function", "assertLoan": "function", "default": "function",
    }  # fmt: skip
    exports = exports_of("a.ts", text)
    found = exports.named("list")
    assert found
    assert found.signature == (
        "const list = async (limit = 10, ...tags: string[]): Promise<Loan[]> =>"
    )
    assert exports.named("router") == exports.named("default")


def test_scripts_pass_on_names_and_stars() -> None:
    text = (
        'import d, { a as b } from "./x";\nexport { p, q as "r" } from "./re";\n'
        'export * from "./star";\nexport * as g from "./g";\nexport { b, d as default };\n'
    )
    exports = exports_of("a.mjs", text)
    assert [(item.name, item.origin, item.original) for item in exports.names] == [
        ("p", "./re", "p"), ("r", "./re", "q"), ("g", "./g", ""), ("b", "./x", "a"),
        ("default", "./x", "default"),
    ]  # fmt: skip
    assert exports.stars == ("./star",)
    assert not exports.open


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("function start(port) {}\nmodule.exports = { start, b: 1, c() {}, 'd': start };",
         {"start": "function", "b": "constant", "c": "function", "d": "function"}),
        ("exports.a = (x) => x;\nmodule.exports.b = class {};", {"a": "function", "b": "class"}),
        ("class A {}\nmodule.exports = A;\nA.b = 1;", {"default": "class", "b": "constant"}),
        ("module.exports = exports.a = function f() {};", {"a": "function", "default": "function"}),
        ("export const { a, b: [c], d = 1, ...e } = f(); export let g, h = 1;",
         {"a": "other", "c": "other", "d": "other", "e": "other", "g": "constant",
          "h": "constant"}),
        ("const A = 1; export default A;", {"default": "constant"}),
        ("export default { a: 1 };", {"default": "constant"}),
        ("export default class {}", {"default": "class"}),
        ("export const A = memo(() => 1); export const f = g();",
         {"A": "component", "f": "other"}),
        ("if (a) { exports.b = 1; }", {"b": "constant"}),
    ],
)  # fmt: skip
def test_script_exports_of_every_kind(text: str, names: dict[str, str]) -> None:
    assert _names("a.js", text) == names


@pytest.mark.parametrize(
    "text",
    ["module.exports = make();", "module.exports = { ...a };", "exports[a] = 1;",
     "Object.assign(exports, a);", "__exportStar(require('./a'), exports);", "const a = {"],
)  # fmt: skip
def test_a_script_that_makes_names_unseen_is_open(text: str) -> None:
    assert exports_of("a.js", text).open


def test_typescript_declarations_overloads_and_namespaces() -> None:
    text = (
        "export declare const a: number;\nexport namespace N {}\nexport function f(a: string)"
        ": void;\nexport function f(a: any) {}\nexport type O = { x: string };\n"
        "export class K { constructor(public p: string, private q: number) {} #r = 1; s = (t) => t;"
        " private u() {} }\nexport = K;"
    )
    exports = exports_of("a.ts", text)
    found = {item.name: item for item in exports.names}
    assert found["a"].signature == "const a: number"
    assert found["f"].signature == "function f(a: string): void"
    assert found["O"].members == ("x: string",)
    assert found["K"].members == (
        "constructor(public p: string, private q: number)", "p: string", "s = (t) =>",
    )  # fmt: skip
    assert exports.open
    assert exports_of("a.d.ts", "interface A {}").open


def test_components_are_told_from_functions() -> None:
    exports = exports_of("src/LoanList.jsx", JSX)
    assert [(item.name, item.local, item.kind) for item in exports.names] == [
        ("Badge", "", "component"), ("default", "LoanList", "component"),
    ]  # fmt: skip
    assert _names("server.js", JAVASCRIPT) == {"app": "other", "start": "function"}


@pytest.mark.parametrize(
    ("value", "local"),
    [
        ("memo(App)", "App"),
        ("React.memo(function App() { return <p/>; })", "App"),
        ("memo(forwardRef(App), same)", "App"),
        ("connect(state)(App)", "App"),
        ("memo(class App extends Component {})", "App"),
        ("memo(() => <p/>)", ""),
        ("make(app)", ""),
        ("make('App')", ""),
        ("make()", ""),
    ],
)
def test_a_wrapped_component_keeps_its_name(value: str, local: str) -> None:
    (item,) = exports_of("src/App.jsx", f"export default {value};").names
    assert (item.name, item.local, item.kind) == ("default", local, "other")


def test_a_svelte_component_is_a_default_export_with_its_properties() -> None:
    exports = exports_of("src/Loans.svelte", SVELTE)
    assert [(item.name, item.local, item.line) for item in exports.names] == [
        ("default", "Loans", 1), ("columns", "", 2),
    ]  # fmt: skip
    assert exports.names[0].members == ("loans = []", "title", "children")
    old = exports_of("A.svelte", "<script>\nexport let a = 1;\nexport let b\n</script>")
    assert old.names[0].members == ("a = 1", "b")


def test_go_offers_capital_letters() -> None:
    assert _names("a.go", GO) == {
        "Limit": "constant", "Store": "class", "Finder": "type", "New": "function",
    }  # fmt: skip
    store = exports_of("a.go", GO).named("Store")
    assert store
    assert store.members[0] == "Loans map[string]T"
    assert "Find(ctx context.Context" in store.members[1]


def test_other_files_offer_themselves_and_contracts_what_they_promise() -> None:
    exports = exports_of("a.json", "{}")
    assert exports.open
    assert exports.names[0].name == "default"
    assert exports_of("LICENSE", "MIT").open
    contract = FileContract(path="a.py", purpose="a", exports=(Export(name="f", kind="function"),))
    assert promised_exports(contract).names[0].name == "f"


@pytest.mark.parametrize(
    ("path", "export", "names"),
    [
        ("a.jsx", Export(name="A", kind="component"), ["A", "default"]),
        ("a.svelte", Export(name="A"), ["A", "default"]),
        ("a.js", Export(name="f", signature="export default function f()"), ["f", "default"]),
        ("a.jsx", Export(name="default", kind="component"), ["default"]),
        ("a.js", Export(name="f", kind="function", signature="function f()"), ["f"]),
        ("a.svelte.js", Export(name="f", kind="function"), ["f"]),
    ],
)
def test_what_can_be_a_default_export_is_promised_as_one_too(
    path: str, export: Export, names: list[str]
) -> None:
    promised = promised_exports(FileContract(path=path, purpose="p", exports=(export,)))
    assert [item.name for item in promised.names] == names
