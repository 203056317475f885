from hypothesis import given
from hypothesis import strategies as st

from codegen.cycles import cycle_problems
from codegen.order import dependency_order
from core.artifacts.structure import FileContract, Import


def contract(path: str, *imports: str, cycles: tuple[str, ...] = ()) -> FileContract:
    return FileContract(
        path=path,
        purpose="p",
        imports=tuple(Import(path=other) for other in imports),
        cycles=cycles,
    )


def told(*files: FileContract) -> list[tuple[str, str]]:
    return [
        (item.place, item.message) for item in cycle_problems({file.path: file for file in files})
    ]


def test_a_circle_must_be_declared() -> None:
    files = [contract("c.py", "a.py"), contract("b.py", "c.py"), contract("a.py", "b.py")]
    assert told(*files) == [
        ("a.py", "files import each other in a circle: a.py → b.py → c.py → a.py")
    ]
    assert told(*files[:2], contract("a.py", "b.py", cycles=("b.py",))) == []


def test_each_circle_is_told() -> None:
    files = [
        contract("a", "b"),
        contract("b", "a"),
        contract("x", "y"),
        contract("y", "x"),
        contract("main", "a", "x"),
    ]
    assert [place for place, _ in told(*files)] == ["a", "x"]


def test_a_circle_that_there_is_not_cannot_be_declared() -> None:
    files = [contract("a", "b", cycles=("b", "c")), contract("b"), contract("c", "a")]
    assert told(*files) == [
        ("a", "it declares a circle with 'b', which does not import it"),
        ("a", "it declares a circle with 'c', which it does not import"),
    ]


def test_a_structure_of_circles_alone_is_told_to_an_end() -> None:
    paths = [f"{number:02}" for number in range(40)]
    files = [contract(path, *(other for other in paths if other != path)) for path in paths]
    assert 1 < len(told(*files)) <= 20


names = st.sampled_from([f"f{n}" for n in range(6)])


@given(st.dictionaries(names, st.lists(names, max_size=4)))
def test_without_problems_every_file_waits_for_all_that_it_imports(
    imports: dict[str, list[str]],
) -> None:
    files = {path: contract(path, *others) for path, others in imports.items()}
    problems = list(cycle_problems(files))
    order = dependency_order(files.values())
    complete = all(
        set(order[path]) == (set(others) & files.keys()) - {path}
        for path, others in imports.items()
    )
    assert complete == (not problems)
