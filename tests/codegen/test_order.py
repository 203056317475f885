from hypothesis import given
from hypothesis import strategies as st

from codegen.order import dependency_order
from core.artifacts.structure import FileContract, Import


def contract(path: str, *imports: str) -> FileContract:
    return FileContract(
        path=path, purpose="p", imports=tuple(Import(path=other) for other in imports)
    )


def test_a_file_comes_after_what_it_imports() -> None:
    order = dependency_order(
        [
            contract("main.py", "routes.py"),
            contract("routes.py", "models.py"),
            contract("models.py"),
        ]
    )
    assert list(order) == ["models.py", "routes.py", "main.py"]
    assert order["main.py"] == ("routes.py",)


def test_files_without_imports_wait_for_nothing() -> None:
    order = dependency_order([contract("b"), contract("a")])
    assert order == {"a": (), "b": ()}


def test_imports_of_unknown_files_and_of_itself_are_left_out() -> None:
    assert dependency_order([contract("a", "a", "nowhere")]) == {"a": ()}


def test_in_a_circle_nothing_waits_for_itself() -> None:
    order = dependency_order([contract("a", "b"), contract("b", "c"), contract("c", "a")])
    assert set(order) == {"a", "b", "c"}
    assert sum(len(waits) for waits in order.values()) == 2


def test_a_chain_of_a_thousand_files_is_ordered() -> None:
    files = [contract(f"{n:04}", f"{n + 1:04}") for n in range(1_000)]
    assert list(dependency_order(files)) == [f"{n:04}" for n in reversed(range(1_000))]


names = st.sampled_from([f"f{n}" for n in range(8)])


@given(st.dictionaries(names, st.lists(names, max_size=5)))
def test_whatever_is_waited_for_comes_first(imports: dict[str, list[str]]) -> None:
    files = [contract(path, *others) for path, others in imports.items()]
    order = dependency_order(files)
    assert set(order) == set(imports)
    assert list(dependency_order(reversed(files))) == list(order)
    seen: set[str] = set()
    for path, waits in order.items():
        assert set(waits) <= seen
        assert set(waits) <= set(imports[path])
        seen.add(path)


@given(st.dictionaries(names, st.lists(names, max_size=5)), st.data())
def test_declared_circles_are_not_waited_for(
    imports: dict[str, list[str]], data: st.DataObject
) -> None:
    files = [
        contract(path, *others).model_copy(
            update={
                "cycles": tuple(
                    data.draw(st.lists(st.sampled_from(others)) if others else st.just([]))
                )
            }
        )
        for path, others in imports.items()
    ]
    order = dependency_order(files)
    assert set(order) == set(imports)
    for file in files:
        assert not set(order[file.path]) & set(file.cycles)


def test_a_file_waits_for_all_but_what_it_declares() -> None:
    models = contract("models.py", "service.py").model_copy(update={"cycles": ("service.py",)})
    order = dependency_order([models, contract("service.py", "models.py")])
    assert order == {"models.py": (), "service.py": ("models.py",)}
