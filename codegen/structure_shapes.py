"""Reads the shapes in which models answer with files: as lists, maps, trees, with children.

Asked for `{"files": [{"path": …, "purpose": …}, …]}`, some models answer with a list alone, with a
map from paths, with folders in folders, or with nodes that have children. Each shape is read into
the one asked for. What could be read in two ways is refused, because a structure that is misread
costs more than another question.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, cast

_Object: TypeAlias = Mapping[str, Any]

_LISTS = frozenset({"tests", "corrections", "resolved"})
"""What an answer holds beside its files, always as lists."""
_REMARKS = frozenset(
    {"comment", "comments", "explanation", "module", "name", "notes", "reasoning", "schema_version"}
)
"""Keys of texts and numbers beside the files that mean nothing here."""
_DETAILS = frozenset(
    {
        *("cycles", "description", "endpoints", "entities", "exports", "imports", "language"),
        *("packages", "purpose", "requirements"),
    }
)
"""What a contract says of its file."""
_NAMES = ("path", "file_path", "filename", "file", "name")
_FROM_ROOT = frozenset({"path", "file_path"})
_CHILDREN = ("children", "contents", "entries", "items", "files")
_FOLDERS = frozenset({"directory", "dir", "folder", "tree"})
_FILES = frozenset({"file", "blob"})
_WRAPPERS = frozenset(
    {
        *("directory_structure", "directorystructure", "file_structure", "file_tree"),
        *("filestructure", "filetree", "folder_structure", "modules", "project"),
        *("project_root", "project_structure", "repo", "repository", "result", "root"),
        *("structure", "tree"),
    }
)
"""Names that models give to the whole, in lower case; folders around everything have others."""
_WITHOUT_ENDING = frozenset(
    {
        *("AUTHORS", "Brewfile", "CHANGELOG", "CHANGES", "CNAME", "CODEOWNERS", "CONTRIBUTING"),
        *("CONTRIBUTORS", "COPYING", "Caddyfile", "Containerfile", "Dockerfile", "GNUmakefile"),
        *("Gemfile", "HISTORY", "INSTALL", "Jenkinsfile", "Justfile", "LICENCE", "LICENSE"),
        *("Makefile", "NOTICE", "Pipfile", "Procfile", "README", "Rakefile", "SECURITY"),
        *("Tiltfile", "VERSION", "Vagrantfile", "_headers", "_redirects", "dockerfile"),
        *("gradlew", "justfile", "makefile", "mvnw"),
    }
)
"""Names without an ending that are files; others may be folders, or remarks on the files."""
_ROOTS = frozenset({"", ".", "./", "/"})
_MOST_LEVELS = 40


def read_files(value: Any) -> Any:
    """Bring an answer about files into the form that was asked for.

    Args:
        value: any JSON value.

    Returns:
        `{"files": [{"path": …, …}, …], …}`, with what the answer holds beside the files. What is
        known of a file may still be too little.

    Raises:
        ValueError: it cannot be read, or in more than one way; the message says where, and is fit
            to be sent back to the model.
    """
    match value:
        case list():
            return {"files": list(_listed(cast("list[Any]", value), "", 0))}
        case Mapping():
            return _answer(cast("_Object", value))
        case _:
            raise ValueError(f"the answer must be one JSON object, not {_shown(value)}")


def _answer(answer: _Object) -> dict[str, Any]:
    if "files" in answer and not _is_folder_node(answer):
        return _asked_for(answer)
    beside = {key: answer[key] for key in _LISTS & answer.keys() if isinstance(answer[key], list)}
    rest = {key: content for key, content in answer.items() if key not in beside}
    return {"files": list(_root(rest)), **beside}


def _asked_for(answer: _Object) -> dict[str, Any]:
    for key, content in answer.items():
        is_known = key in _LISTS and isinstance(content, list)
        is_remark = key in _REMARKS and not isinstance(content, (dict, list))
        if key == "files" or is_known or is_remark:
            continue
        raise ValueError(f"$.{key}: it stands beside 'files'; put every file into 'files'")
    # A tree without the other keys could also be a folder of the repository called `files`.
    is_whole = isinstance(answer.get("tests"), list)
    files = answer["files"]
    match files:
        case list():
            read = _listed(cast("list[Any]", files), "", 0)
        case Mapping() if is_whole:
            read = _tree(cast("_Object", files), "", 0)
        case _:
            raise ValueError("$.files: give a list of files with their paths, and 'tests' beside")
    return {**answer, "files": list(read)}


def _root(answer: _Object) -> Iterator[dict[str, Any]]:
    if not _is_folder_node(answer):
        yield from _tree(answer, "", 0)
        return
    names = {str(answer[key]) for key in _NAMES if key in answer}
    if names - _ROOTS:
        raise ValueError(
            f"it is not clear whether {min(names)!r} is the repository itself or a folder "
            "in it; list the files with their whole paths"
        )
    yield from _children(answer, "", 0)


def _listed(items: list[Any], folder: str, level: int) -> Iterator[dict[str, Any]]:
    """Files of a list: paths, contracts, or nodes with children."""
    _refuse_depth(folder, level)
    if not folder and len(items) == 1 and isinstance(items[0], Mapping):
        only = cast("_Object", items[0])
        if _is_folder_node(only):
            for key in _NAMES:
                _refuse_wrapper(str(only.get(key, "")))
    for item in items:
        match item:
            case str():
                path = _joined(folder, item, is_folder=False)
                _refuse_unclear(path)
                yield {"path": path}
            case Mapping():
                yield from _node(cast("_Object", item), folder, level)
            case _:
                raise ValueError(f"{folder or '$'}: {_shown(item)} is neither a path nor a file")


def _node(node: _Object, folder: str, level: int) -> Iterator[dict[str, Any]]:
    named = [key for key in _NAMES if isinstance(node.get(key), str)]
    if not named:
        if node.keys() & (_DETAILS | {"type"}):
            raise ValueError(f"{folder or '$'}: {_shown(node)} has no path")
        yield from _tree(node, folder, level)
        return
    path = _path_of(node, named, folder, is_folder=_is_folder_node(node))
    if _is_folder_node(node):
        yield from _children(node, path, level)
    else:
        yield _file(node, path)


def _path_of(node: _Object, named: list[str], folder: str, *, is_folder: bool) -> str:
    """A node's path; those of its names that are no whole paths are relative to its folder."""
    paths: set[str] = set()
    for key in named:
        name = str(node[key])
        below = f"{folder}/"
        if key in _FROM_ROOT and folder and name.startswith(below):
            paths.add(_joined("", name, is_folder=is_folder))
        elif folder and "/" in name.rstrip("/"):
            raise ValueError(f"{folder}: it is not clear where {name!r} is; give its whole path")
        elif key == "name" and len(named) > 1:
            continue  # held against the path below
        else:
            paths.add(_joined(folder, name, is_folder=is_folder))
    if len(paths) != 1:
        raise ValueError(f"{folder or '$'}: {_shown(node)} has several paths; give one")
    (path,) = paths
    if (
        "name" in named
        and path.rpartition("/")[2] != str(node["name"]).rstrip("/").rpartition("/")[2]
    ):
        raise ValueError(f"{path}: its name is {node['name']!r}; give the path alone")
    return path


def _is_folder_node(node: _Object) -> bool:
    """Whether an object is a folder that says so, and not one whose keys are names of files."""
    kind = _kind(node)
    if kind in _FOLDERS:
        return True
    if kind and kind not in _FILES:
        raise ValueError(
            f"{kind!r} is no type of what stands in a structure; give every file with its path, "
            "and nothing else"
        )
    named = any(isinstance(node.get(key), str) for key in _NAMES)
    return named and any(isinstance(node.get(key), (list, Mapping)) for key in _CHILDREN)


def _children(node: _Object, path: str, level: int) -> Iterator[dict[str, Any]]:
    keys = [key for key in _CHILDREN if isinstance(node.get(key), (list, Mapping))]
    details = {key for key in _DETAILS - {"description", "purpose"} if node.get(key)}
    where = path or "$"
    if details:
        raise ValueError(f"{where}: it is a folder, and has {min(details)!r} like a file")
    known = {*_NAMES, *_DETAILS, *_CHILDREN, "type", "kind"}
    others = {key: content for key, content in node.items() if key not in known}
    if len(keys) > 1 or (keys and others):
        raise ValueError(f"{where}: it is not clear which of its keys hold its files")
    if not keys:
        yield from _tree(others, path, level)
        return
    content = node[keys[0]]
    if not content:
        raise ValueError(f"{where}: it is a folder without files; leave it out, or list its files")
    if isinstance(content, list):
        yield from _listed(cast("list[Any]", content), path, level + 1)
    else:
        yield from _tree(cast("_Object", content), path, level + 1)


def _tree(tree: _Object, folder: str, level: int) -> Iterator[dict[str, Any]]:
    """Files of an object whose keys are names or paths of files and folders."""
    _refuse_depth(folder, level)
    where = folder or "$"
    if not tree:
        raise ValueError(f"{where}: it says nothing; give each file a purpose")
    if not folder and len(tree) == 1 and not tree.keys().isdisjoint(_CHILDREN):
        raise ValueError(f"$.{next(iter(tree))}: it is not clear whether that is a folder")
    if not folder and len(tree) == 1:
        _refuse_wrapper(next(iter(tree)))
    for key, content in tree.items():
        if key in _DETAILS | {*_NAMES, "type", "kind"} and not isinstance(content, Mapping):
            raise ValueError(
                f"{where}: it is not clear whether {key!r} says something of it or is a file in it"
            )
        yield from _entry(key, content, folder, level)


def _entry(key: str, content: Any, folder: str, level: int) -> Iterator[dict[str, Any]]:
    match content:
        case str():
            path = _joined(folder, key, is_folder=False)
            _refuse_unclear(path)
            yield {"path": path, "purpose": content}
        case list() if key in _CHILDREN:
            raise ValueError(f"{folder or '$'}: it is not clear whether {key!r} is a folder")
        case list():
            path = _joined(folder, key, is_folder=True)
            yield from _listed(cast("list[Any]", content), path, level + 1)
        case Mapping():
            yield from _object(key, cast("_Object", content), folder, level)
        case _:
            raise ValueError(f"{folder or '$'}: {key!r} says nothing; give it a purpose")


def _object(key: str, content: _Object, folder: str, level: int) -> Iterator[dict[str, Any]]:
    """What stands under a name: a file's contract, or what a folder holds."""
    path = _joined(folder, key, is_folder=key.endswith("/") or not _is_contract(content))
    if _is_folder_node(content):
        named = [name for name in _NAMES if isinstance(content.get(name), str)]
        if any(str(content[name]).rstrip("/") not in {path, key.rstrip("/")} for name in named):
            raise ValueError(f"{path}: what stands there is called otherwise; give one path")
        yield from _children(content, path, level)
    elif _is_contract(content):
        if key.endswith("/"):
            raise ValueError(f"{path}: it is a folder by its name, and has a purpose like a file")
        told = {str(content[name]) for name in _NAMES if isinstance(content.get(name), str)}
        if told - {path, path.rpartition("/")[2]}:
            raise ValueError(f"{path}: what stands there is called otherwise; give one path")
        yield _file(content, path)
    elif len(content) == 1 and not content.keys().isdisjoint(_CHILDREN):
        raise ValueError(f"{path}: it is not clear whether {next(iter(content))!r} is a folder")
    else:
        yield from _tree(content, path, level + 1)


def _is_contract(content: _Object) -> bool:
    """Whether an object says something of a file; a folder's keys are names."""
    purpose = isinstance(content.get("purpose", content.get("description")), str)
    details = all(isinstance(content[key], (str, list)) for key in _DETAILS & content.keys())
    return purpose and details and content.keys() <= _DETAILS | {*_NAMES, "type", "kind"}


def _file(node: _Object, path: str) -> dict[str, Any]:
    """A file's contract under the keys that were asked for."""
    if not node.get("language") and _kind(node) not in _FILES:
        _refuse_unclear(path)
    left = {key: node[key] for key in node if key not in {*_NAMES, "type", "kind", "description"}}
    if "purpose" not in left and isinstance(node.get("description"), str):
        left["purpose"] = node["description"]
    for key, named, holds in (("exports", "name", "signature"), ("imports", "path", "symbols")):
        if key in left:
            left[key] = _pairs(left[key], named, holds)
    return {"path": path, **left}


def _pairs(value: Any, named: str, holds: str) -> Any:
    """Exports or imports that are given as names alone, or as a map from names."""
    if isinstance(value, Mapping):
        return [{named: key, holds: content} for key, content in value.items()]  # pyright: ignore[reportUnknownVariableType] -- any JSON object
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return [{named: item} if isinstance(item, str) else item for item in items]
    return value


def _joined(folder: str, name: str, *, is_folder: bool) -> str:
    bare = name.removesuffix("/") if is_folder else name
    if not bare or bare.endswith("/"):
        raise ValueError(f"{folder or '$'}: {name!r} is no name of a file")
    return f"{folder}/{bare}" if folder else bare


def _kind(node: _Object) -> str:
    """What a node says it is, in lower case; a mapping there is a folder that is called so."""
    kind = node.get("type", node.get("kind"))
    return kind.strip().lower() if isinstance(kind, str) else ""


def _refuse_unclear(path: str) -> None:
    """Refuse a file whose name is that of a folder or of a remark as well."""
    name = path.rpartition("/")[2]
    if "." not in name and name not in _WITHOUT_ENDING:
        raise ValueError(
            f"{path}: it is not clear whether {name!r} is a file, a folder, or a remark; list "
            "files alone, and say the language of one whose name has no ending"
        )


def _refuse_wrapper(name: str) -> None:
    if name.rstrip("/").lower().replace("-", "_") in _WRAPPERS:
        raise ValueError(
            f"$.{name}: it is not clear whether that is the repository itself or a folder in it; "
            "list the files with their whole paths"
        )


def _refuse_depth(folder: str, level: int) -> None:
    if level > _MOST_LEVELS:
        raise ValueError(f"{folder[:80]}: it lies more than {_MOST_LEVELS} folders deep")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
