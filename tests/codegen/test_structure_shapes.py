"""Structures in every shape read back the same, or are refused; none is misread."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.structure_shapes import read_files

Structure = dict[str, dict[str, Any]]
"""What a contract says of each file, by the file's path."""

NAMES = st.sampled_from(
    [
        *("a.py", "b.test.ts", "Dockerfile", "README.md", "app", "src", "lib.d", ".github"),
        # Names that could be taken for keys of the format.
        *("files", "tests", "children", "contents", "items", "entities", "endpoints", "imports"),
        *("packages", "exports", "corrections", "resolved", "module", "notes", "type.py"),
    ]
)
PURPOSES = st.sampled_from(["Keeps tasks.", "directory", "file", "a.py", "src/a.py", "."])
DETAILS = st.fixed_dictionaries(
    {"purpose": PURPOSES},
    optional={
        "language": st.just("python"),
        "exports": st.just([{"name": "f", "signature": "def f() -> None"}]),
        "imports": st.just([{"path": "app/x.py", "symbols": ["x"]}]),
        "entities": st.just(["Task"]),
        "requirements": st.just([]),
    },
)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@st.composite
def structures(draw: st.DrawFn) -> Structure:
    """Files by path, none of which is a folder of another."""
    kept: list[str] = []
    for path in draw(st.lists(PATHS, min_size=1, max_size=6, unique=True)):
        if not any(f"{path}/".startswith(f"{one}/") or one.startswith(f"{path}/") for one in kept):
            kept.append(path)
    return {path: draw(DETAILS) for path in kept}


def tree_of(structure: Structure, leaf: Callable[[str, dict[str, Any]], Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, details in structure.items():
        *folders, name = path.split("/")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = leaf(path, details)
    return tree


def nodes_of(tree: dict[str, Any], children: str, *, typed: bool, folder: str = "") -> list[Any]:
    """A tree with children; with a type in each, or in none."""
    nodes: list[Any] = []
    for name, content in tree.items():
        if isinstance(content, Leaf):
            nodes.append({"name": name, **({"type": "file"} if typed else {}), **content.details})
        else:
            below = nodes_of(content, children, typed=typed, folder=f"{folder}{name}/")
            kind = {"type": "directory"} if typed else {}
            nodes.append({"name": name, **kind, children: below})
    return nodes


class Leaf(NamedTuple):
    """A file in a tree whose folders are mappings."""

    details: dict[str, Any]


def pair(path: str, details: dict[str, Any]) -> Any:
    return Leaf(details)


def contract(path: str, details: dict[str, Any]) -> Any:
    return details


def purpose(path: str, details: dict[str, Any]) -> Any:
    return details["purpose"]


def files_of(structure: Structure) -> list[dict[str, Any]]:
    return [{"path": path, **details} for path, details in structure.items()]


def folders_say_so(tree: dict[str, Any], children: str | None) -> dict[str, Any]:
    """Folders with `"type": "directory"` beside their files, or above them."""
    said: dict[str, Any] = {}
    for name, content in tree.items():
        if isinstance(content, Leaf):
            said[name] = {"type": "file", **content.details}
        else:
            below = folders_say_so(content, children)
            said[name] = {"type": "directory", **({children: below} if children else below)}
    return said


SHAPES: dict[str, Callable[[Structure], Any]] = {
    "as asked": lambda s: {"files": files_of(s), "tests": []},
    "list": files_of,
    "map": dict,
    "map below files": lambda s: {"files": dict(s), "tests": []},
    "nested": lambda s: tree_of(s, contract),
    "nested below files": lambda s: {"files": tree_of(s, contract), "tests": []},
    "nested with tests": lambda s: {"tests": [], **tree_of(s, contract)},
    "children": lambda s: nodes_of(tree_of(s, pair), "children", typed=True),
    "contents untyped": lambda s: nodes_of(tree_of(s, pair), "contents", typed=False),
    "children below files": lambda s: {"files": nodes_of(tree_of(s, pair), "children", typed=True)},
    "root": lambda s: {
        "name": ".",
        "type": "directory",
        "children": nodes_of(tree_of(s, pair), "children", typed=True),
    },
    "typed": lambda s: folders_say_so(tree_of(s, pair), None),
    "typed children": lambda s: folders_say_so(tree_of(s, pair), "children"),
}
"""Shapes that say all there is to say."""

BARE: dict[str, Callable[[Structure], Any]] = {
    "purposes": lambda s: {path: details["purpose"] for path, details in s.items()},
    "purposes below files": lambda s: {
        "files": {path: details["purpose"] for path, details in s.items()},
        "tests": [],
    },
    "nested purposes": lambda s: tree_of(s, purpose),
    "paths": list,
    "paths below files": lambda s: {"files": list(s)},
}
"""Shapes that say paths, and at most what each file is for."""


def read_back(shape: Any) -> Structure | None:
    """What a shape is read as; nothing if it is refused."""
    try:
        answer = read_files(shape)
    except ValueError:
        return None
    files = {
        file["path"]: {k: v for k, v in file.items() if k != "path"} for file in answer["files"]
    }
    assert len(files) == len(answer["files"])
    return files


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=50)
@given(structure=structures())
def test_a_structure_reads_back_the_same_or_is_refused(shape: str, structure: Structure) -> None:
    answer = SHAPES[shape](structure)
    if shape == "nested with tests" and all(path.startswith("files/") for path in structure):
        # Nothing but a folder `files`: the same document as what was asked for, and read as that.
        structure = {path.removeprefix("files/"): structure[path] for path in structure}
        assert answer == SHAPES["nested below files"](structure)
    assert read_back(answer) in (structure, None)


@pytest.mark.parametrize("key", ["tests", "corrections", "modules"])
def test_a_folder_beside_files_is_no_list_of_what_the_answer_holds(key: str) -> None:
    below = {"a.py": {"purpose": "Keeps tasks."}}
    answer: dict[str, Any] = {
        "tests": [],
        "files": below,
        key: {"b.py": {"purpose": "Keeps lists."}},
    }
    with pytest.raises(ValueError, match=rf"\$\.{key}: it stands beside 'files'"):
        read_files(answer)


@pytest.mark.parametrize("shape", BARE)
@settings(max_examples=50)
@given(structure=structures())
def test_paths_and_purposes_read_back_the_same_or_are_refused(
    shape: str, structure: Structure
) -> None:
    found = read_back(BARE[shape](structure))
    if found is not None:
        assert list(found) == list(structure) or set(found) == set(structure)
        told = {path: {"purpose": details["purpose"]} for path, details in structure.items()}
        assert found in (told, {path: {} for path in structure})


USUAL: Structure = {
    "src/app/main.py": {"purpose": "Starts it.", "exports": [{"name": "app"}]},
    "src/app/models.py": {"purpose": "Keeps tasks."},
    "tests/test_main.py": {"purpose": "Tests it.", "imports": [{"path": "src/app/main.py"}]},
    "Dockerfile": {"purpose": "Builds an image."},
    ".gitignore": {"purpose": "Keeps files out of Git."},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_usual_structure_is_understood_in_every_shape(shape: str) -> None:
    assert read_back(SHAPES[shape](USUAL)) == USUAL


@pytest.mark.parametrize("shape", BARE)
def test_a_usual_structure_is_understood_without_details(shape: str) -> None:
    found = read_back(BARE[shape](USUAL))
    assert found is not None
    assert set(found) == set(USUAL)


def test_what_an_answer_holds_beside_its_files_is_kept() -> None:
    test = {"requirement": "FR-1", "path": "tests/test_a.py", "case": "test_a"}
    nested = {"src": {"a.py": {"purpose": "p"}}, "tests": [test], "resolved": ["SI-1"]}
    assert read_files(nested) == {
        "files": [{"path": "src/a.py", "purpose": "p"}],
        "tests": [test],
        "resolved": ["SI-1"],
    }


def test_exports_and_imports_may_be_given_as_names() -> None:
    file = {
        "path": "a.py",
        "description": "p",
        "exports": {"f": "def f()"},
        "imports": ["b.py", {"path": "c.py", "symbols": ["g"]}],
    }
    assert read_files([file])["files"] == [
        {
            "path": "a.py",
            "purpose": "p",
            "exports": [{"name": "f", "signature": "def f()"}],
            "imports": [{"path": "b.py"}, {"path": "c.py", "symbols": ["g"]}],
        }
    ]


WRONG: list[tuple[Any, str]] = [
    ("a.py", "must be one JSON object"),
    ({}, "says nothing"),
    ({"src": {}}, "src: it says nothing"),
    ({"src": {"a.py": None}}, "'a.py' says nothing"),
    ({"src": {"a.py": {"exports": ["f"]}}}, "not clear whether 'exports'"),
    ({"src": {"purpose": "Code.", "a.py": {"purpose": "p"}}}, "not clear whether 'purpose'"),
    ({"files": [{"path": "a.py"}], "src": {"b.py": "p"}}, r"\$\.src: it stands beside"),
    ({"files": {"a.py": "p"}}, "'tests' beside"),
    ({"files": "a.py"}, "'tests' beside"),
    ([{"purpose": "p"}], "has no path"),
    ([{"name": "src", "children": []}], "a folder without files"),
    ([{"name": "src", "type": "directory", "purpose": "p"}], "src: it says nothing"),
    ([{"name": "src", "children": ["a.py"], "exports": ["f"]}], "like a file"),
    ([{"name": "src", "children": ["a.py"], "contents": ["b.py"]}], "which of its keys"),
    ({"name": "shop", "type": "directory", "children": ["a.py"]}, "the repository itself"),
    ([{"name": "src", "children": [{"name": "app/a.py", "purpose": "p"}]}], "whole path"),
    ([{"path": "src/a.py", "name": "b.py", "purpose": "p"}], "its name is 'b.py'"),
    ({"src/a.py": {"path": "src/b.py", "purpose": "p"}}, "called otherwise"),
    ({"children": {"a.py": "p"}}, "not clear whether that is a folder"),
    ({"src": {"items": {"a.py": "p"}}}, "whether 'items' is a folder"),
    ({"src": {"files": ["a.py"], "b.py": "p"}}, "whether 'files' is a folder"),
    ({"src/": "Code."}, "is no name of a file"),
    ({"src/": {"purpose": "Code."}}, "folder by its name"),
    ([""], "is no name of a file"),
    ([3], "neither a path nor a file"),
    ([{"file": "a.py", "path": "b.py", "purpose": "p"}], "several paths"),
    ({"explanation": "Two parts.", "notes": "none", "app/a.py": "p"}, "'explanation' is a file"),
    ({"title": "Tasks", "version": "1.0.0", "a.py": "p"}, "'title' is a file"),
    ({"a.py": "p", "version": "1.0.0"}, "'version' is a file"),
    ({"a.py": "p", "docs": "The folder of the docs."}, "'docs' is a file"),
    ({"src": {"description": "Sources."}, "a.py": "p"}, "'src' is a file"),
    ([{"path": "src", "purpose": "Sources."}], "'src' is a file"),
    ({"src": ["api", "a.py"]}, "src/api: it is not clear whether 'api' is a file"),
    ([{"path": "src", "type": "tree", "purpose": "Sources."}], "src: it says nothing"),
    ([{"path": "b.py", "type": "symlink", "purpose": "To a.py."}], "'symlink' is no type"),
    ({"b.py": {"type": "link", "purpose": "To a.py."}}, "'link' is no type"),
    ({"structure": {"src": {"a.py": "p"}}}, "the repository itself"),
    ({"root": {"a.py": "p"}, "tests": []}, "the repository itself"),
    ({"files": {"Project": {"a.py": "p"}}, "tests": []}, "the repository itself"),
    ({"modules": [{"name": "api", "files": ["a.py"]}]}, "the repository itself"),
    ([{"name": "project-root", "children": ["a.py"]}], "the repository itself"),
]


@pytest.mark.parametrize(("value", "told"), WRONG)
def test_what_can_be_read_in_two_ways_or_none_is_refused(value: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_files(value)


@pytest.mark.parametrize(
    "file",
    [
        {"path": "bin/start", "purpose": "p", "language": "bash"},
        {"path": "bin/start", "type": "file", "purpose": "p"},
        {"path": "bin/start", "type": "blob", "purpose": "p"},
        {"path": "docs/Makefile", "purpose": "p"},
        {"path": "web/.env", "purpose": "p"},
    ],
)
def test_a_file_without_an_ending_is_one_where_that_is_said_or_known(file: dict[str, str]) -> None:
    assert [item["path"] for item in read_files([file])["files"]] == [file["path"]]


def test_a_folder_beside_others_may_be_called_like_the_whole() -> None:
    shape = {"project": {"urls.py": "p"}, "manage.py": "p"}
    assert [file["path"] for file in read_files(shape)["files"]] == ["project/urls.py", "manage.py"]


def test_endless_nesting_is_refused() -> None:
    tree: Any = {"a.py": "p"}
    for _ in range(60):
        tree = {"src": tree}
    with pytest.raises(ValueError, match="folders deep"):
        read_files(tree)
