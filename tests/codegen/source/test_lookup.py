from codegen.source.class_members import class_problems
from codegen.source.interface import exports_of
from codegen.source.languages import Language
from codegen.source.lookup import defined, has_name, names_in
from codegen.source.targets import tree_of

TEXTS = {
    "a.ts": "export * from './b';\nexport { x } from './b';\nexport * from './none';\n",
    "b.ts": "export * from './a';\nexport { x } from './a';\n",
    "c.ts": "export * from 'outside';\nexport { y } from './d';\n",
    "d.ts": "export function y(a: string): void {}\n",
}
INDEX = {path: exports_of(path, text) for path, text in TEXTS.items()}
TREE = tree_of(TEXTS)


def test_circles_of_stars_and_names_end() -> None:
    assert has_name("x", "a.ts", INDEX, TREE)
    assert has_name("nothing", "a.ts", INDEX, TREE) is None
    found = INDEX["a.ts"].named("x")
    assert found
    assert defined(found, "a.ts", INDEX, TREE).name == "x"


def test_a_star_from_outside_may_bring_any_name() -> None:
    assert has_name("z", "c.ts", INDEX, TREE) is None
    assert has_name("z", "unknown.ts", INDEX, TREE) is None
    assert names_in("unknown.ts", INDEX) == []


def test_a_name_is_followed_to_its_definition() -> None:
    found = INDEX["c.ts"].named("y")
    assert found
    assert defined(found, "c.ts", INDEX, TREE).signature == "function y(a: string): void"
    assert defined(found, "c.ts", {"c.ts": INDEX["c.ts"]}, TREE) == found


def test_members_are_compared_as_far_as_they_can_be_read() -> None:
    text = (
        "class Base:\n    id: int\n\n    def save(self) -> None: print(1)\n\n\n"
        "class Loan(Base, Generic[T]):\n    tags: list[str] = []\n"
    )
    exports = exports_of("m.py", text)
    loan = exports.named("Loan")
    assert loan

    def problems(promised: str) -> list[str]:
        index = {"m.py": exports}
        found = class_problems(promised, loan, Language.PYTHON, "m.py", index, tree_of(index))
        return [reason for _, reason in found]

    assert problems("class Loan(Base): id: int; tags: dict[str, int] = {}; def save(self)") == []
    assert problems("class Loan(Base)") == []
    assert problems("class Loan(Base): pass") == []
    assert problems("class Loan(Base): def save(self, (") == []
    assert problems("class Loan(Base): def save(self, deep: bool) -> None; x: int") == [
        "save: the parameter 'deep' is missing",
        "it has no member 'x'",
    ]


def test_go_offers_variables_types_and_methods_of_what_is_elsewhere() -> None:
    text = (
        'package a\n\nimport _ "embed"\nimport . "fmt"\n\nvar (\n\tA, b = 1, 2\n)\n'
        "type ID string\ntype (\n\tX = ID\n\tY struct{}\n)\n"
        "func (s *Elsewhere) M() {}\nfunc (y Y) n() {}\nfunc init() {}\n"
    )
    found = exports_of("a.go", text)
    assert [item.name for item in found.names if item.offered] == ["A", "ID", "X", "Y"]
