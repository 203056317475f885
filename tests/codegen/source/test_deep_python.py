"""Long sums, calls of calls and chains of branches are deep trees, and right as they stand."""

import pytest

from codegen.gate import gate
from codegen.source.findings import errors_of
from codegen.source.interface import exports_of, imports_of
from codegen.source.syntax import syntax_findings
from codegen.source.wholeness import wholeness_findings
from core.artifacts.structure import Export, FileContract

CALLS = ".replace('a', 'b')" * 300
SUM = " + ".join(["1"] * 400)
BRANCHES = "".join(f"elif X == {number}:\n    Y = {number}\n" for number in range(1, 600))
BRANCHED = (
    f"X = len('a')\nif X == 0:\n    Y = 0\n{BRANCHES}else:\n    import last\n    Z = last.a\n"
)


@pytest.mark.parametrize(
    "text",
    [
        f"def f(a):\n    return a{CALLS}\n",
        f"def f():\n    return {SUM}\n",
        f"def f(a={SUM}):\n    return a\n",
        f"def f(a):\n    raise a{CALLS}\n",
        f"f = 'a'{CALLS}\n",
        f"A = ''\nf = A{CALLS}\n",
        f"class f(type('a'{CALLS})):\n    a = 1\n",
        BRANCHED.replace("Y", "f"),
    ],
)
def test_a_deep_text_is_read_like_any_other(text: str) -> None:
    found = [*syntax_findings("a.py", text), *wholeness_findings("a.py", text)]
    assert errors_of(found) == []
    contract = FileContract(path="a.py", purpose="p", exports=(Export(name="f"),))
    codes = {item.code for item in gate(contract, text, {}, ()).errors}
    assert codes <= {"undeclared-package"}
    missing = contract.model_copy(update={"exports": (Export(name="g"),)})
    assert "missing-export" in {item.code for item in gate(missing, text, {}, ()).errors}


def test_names_of_a_long_chain_of_branches_are_known() -> None:
    assert {item.name for item in exports_of("a.py", BRANCHED).names} == {"X", "Y", "Z", "last"}
    assert [item.module for item in imports_of("a.py", BRANCHED)] == ["last"]
    inside = "class A:\n" + "".join(f"    {line}\n" for line in BRANCHED.splitlines())
    assert exports_of("a.py", inside).names[0].members == ("X", "Y", "Z")


def test_a_deep_function_without_an_end_is_refused_still() -> None:
    text = f"def f(a) -> int:\n    a = {SUM}\n    if a == 0:\n        a = 1\n"
    text += "    elif a:\n        a = 2\n" * 400
    assert "cut-off" in {item.code for item in errors_of(wholeness_findings("a.py", text))}


def test_what_python_cannot_read_is_refused() -> None:
    text = f"A = {'-' * 100_000}1\n"
    result = gate(FileContract(path="a.py", purpose="p"), text, {}, ())
    assert [item.code for item in result.errors] == ["syntax"]
