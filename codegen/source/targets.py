"""Which file or package an import means."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from codegen.manifests import own_packages_of
from codegen.source.languages import SCRIPTS, Language, language_of
from codegen.source.names import SourceImport
from codegen.source.packages import declares
from codegen.source.path_aliases import Alias, aliases_of, go_module_of
from codegen.source.platforms import (
    is_go_standard,
    is_node_builtin,
    is_provided_by_bundler,
    is_python_standard,
)
from core.artifacts.structure import Dependency

_EXTENSIONS = (
    ".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".svelte", ".svelte.ts",
    ".svelte.js", ".json", ".css", ".scss",
)  # fmt: skip
_WRITTEN_AS = {
    ".js": (".ts", ".tsx", ".d.ts"),
    ".jsx": (".tsx",),
    ".mjs": (".mts",),
    ".cjs": (".cts",),
}
"""TypeScript files are imported by the name of what they are compiled to."""

_SOURCES = "src"
"""Folder that Python is often told to look in besides the root."""


@dataclass(frozen=True)
class Target:
    """What an import means.

    Attributes:
        kind: `file` of the repository; `folder` of it (a Python package without `__init__.py`, a Go
            package); `package` from outside; `standard` library or platform; `missing` where it can
            only mean a file of the repository and there is none; `unknown` where nothing can be
            said.
        name: the path, or the package's or module's name; for `missing`, where it was looked for.
    """

    kind: Literal["file", "folder", "package", "standard", "missing", "unknown"]
    name: str


@dataclass(frozen=True)
class Tree:
    """The repository around a file, as far as imports need it.

    Attributes:
        paths: every file, written or planned.
        aliases: short forms of paths that configuration declares.
        go_modules: folders of `go.mod` files and the module each declares.
        listed: where several `package.json` divide the npm packages: the folder of each, with a
            slash behind it, and the names it lists.
        own_packages: Python modules by whose names its projects are called; none is installed.
    """

    paths: frozenset[str]
    aliases: tuple[Alias, ...] = ()
    go_modules: tuple[tuple[str, str], ...] = ()
    listed: tuple[tuple[str, frozenset[str]], ...] = ()
    own_packages: frozenset[str] = frozenset()
    folders: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        folders = {
            "/".join(parts[:end])
            for parts in map(_parts, self.paths)
            for end in range(1, len(parts))
        }
        object.__setattr__(self, "folders", frozenset(folders))


def tree_of(paths: Iterable[str], configuration: Mapping[str, str] | None = None) -> Tree:
    """Describe a repository.

    Args:
        paths: every file, written or planned.
        configuration: texts of `tsconfig.json`, `jsconfig.json`, `vite.config.*`,
            `svelte.config.js`, `go.mod` and `pyproject.toml` files by path; others are ignored.
    """
    texts = configuration or {}
    return Tree(
        frozenset(paths),
        aliases_of(texts),
        go_module_of(texts),
        own_packages=own_packages_of(texts),
    )


def target_of(
    item: SourceImport,
    path: str,
    tree: Tree,
    declared: str = "",
    dependencies: Sequence[Dependency] = (),
) -> Target:
    """Tell what an import of the file `path` means.

    Args:
        item: the import.
        path: of the file that has it.
        tree: the repository around the file.
        declared: the file's language, where its name does not say it.
        dependencies: packages that can stand for a folder or a file of their name.
    """
    language = language_of(path, declared)
    if language is Language.PYTHON:
        return _python_target(item.module, path, tree, dependencies)
    if language in SCRIPTS or language is Language.SVELTE:
        return _script_target(item.module, path, tree)
    if language is Language.GO:
        return _go_target(item.module, tree)
    return _link_target(item.module, path, tree)


def python_submodule(target: Target, name: str, tree: Tree) -> Target | None:
    """The module `name` inside a package, which `from package import name` may mean."""
    folder = target.name
    if target.kind == "file":
        if posixpath.basename(folder) not in {"__init__.py", "__init__.pyi"}:
            return None
        folder = posixpath.dirname(folder)
    found = _python_file(posixpath.join(folder, name), tree)
    return found if found.kind in {"file", "folder"} else None


def _python_target(
    module: str, path: str, tree: Tree, dependencies: Sequence[Dependency]
) -> Target:
    name = module.lstrip(".")
    level = len(module) - len(name)
    if level:
        folder: str = posixpath.dirname(path)
        for _ in range(level - 1):
            if not folder:
                return Target("missing", f"{module} (above the repository's root)")
            folder = posixpath.dirname(folder)
        return _python_file(
            posixpath.join(folder, name.replace(".", "/")) if name else folder, tree
        )
    return _absolute_target(name, path, tree, dependencies)


def _absolute_target(
    name: str, path: str, tree: Tree, dependencies: Sequence[Dependency]
) -> Target:
    first = name.partition(".")[0]
    local = False
    standard = is_python_standard(first)
    installed = first not in tree.own_packages and declares(dependencies, name, "python")
    for root in _python_roots(path, tree):
        found = _python_file(posixpath.join(root, name.replace(".", "/")), tree)
        top = posixpath.join(root, first)
        # What is installed comes before a folder without `__init__.py`, and before what lies
        # beside the file, which Python only finds where the file is run as a script.
        if root not in {"", _SOURCES} or not _is_regular(top, tree):
            named = found.kind == "file" and "." in name  # nobody names it so by accident
            if standard or (installed and not named):
                continue
        if found.kind != "missing":
            return found
        local = local or top in tree.folders or f"{top}.py" in tree.paths
    if standard:
        return Target("standard", first)
    return Target("missing", name.replace(".", "/") + ".py") if local else Target("package", name)


def _python_roots(path: str, tree: Tree) -> Iterator[str]:
    """Folders that Python may look in: the root, `src`, and those above the file.

    A folder that is a package itself is none: its modules go by the package's name.
    """
    folders = ["", *("/".join(_parts(path)[:end]) for end in range(1, len(_parts(path))))]
    for folder in folders:
        if f"{folder}/__init__.py".lstrip("/") not in tree.paths or not folder:
            yield folder
            if (source := posixpath.join(folder, _SOURCES)) in tree.folders:
                yield source


def _is_regular(base: str, tree: Tree) -> bool:
    """Whether it is a module or a package with an `__init__.py`, not a mere folder."""
    return _python_file(base, tree).kind == "file"


def _python_file(base: str, tree: Tree) -> Target:
    candidates = (f"{base}.py", f"{base}/__init__.py", f"{base}.pyi", f"{base}/__init__.pyi")
    for candidate in candidates:
        if candidate.lstrip("/") in tree.paths:
            return Target("file", candidate.lstrip("/"))
    if base in tree.folders and any(
        item.startswith(f"{base}/") and item.endswith((".py", ".pyi")) for item in tree.paths
    ):
        return Target("folder", base)
    return Target("missing", candidates[0])


def _script_target(module: str, path: str, tree: Tree) -> Target:
    plain = module.split("?", 1)[0]
    if plain.startswith(("./", "../")) or plain in {".", ".."}:
        return _script_file(posixpath.join(posixpath.dirname(path), plain), module, tree)
    if is_node_builtin(plain):
        return Target("standard", plain)
    if is_provided_by_bundler(plain):
        return Target("unknown", plain)
    looked = False
    for alias in tree.aliases:
        for candidate in alias.expand(plain, path):
            looked = looked or not alias.catches_all
            found = _script_file(candidate, module, tree)
            if found.kind == "file":
                return found
    if conventional := _conventional(plain, path, tree, module):
        return conventional
    if looked:
        return Target("missing", plain)
    parts = plain.split("/")
    return Target("package", "/".join(parts[:2]) if plain.startswith("@") else parts[0])


def _conventional(plain: str, path: str, tree: Tree, module: str) -> Target | None:
    """`$lib` of SvelteKit, and `@/` or `~/` for the sources, where nothing declares them."""
    for prefix, folder in (("$lib", "src/lib"), ("@/", "src"), ("~/", "src"), ("/", "")):
        if not (plain == prefix or plain.startswith(f"{prefix.rstrip('/')}/")):
            continue
        rest = plain[len(prefix) :].lstrip("/")
        for above in [*_folders_above(path)]:
            for base in {folder, folder and ""} if prefix in {"@/", "~/"} else {folder}:
                candidate = posixpath.join(above, base, rest)
                found = _script_file(candidate, module, tree)
                if found.kind == "file":
                    return found
        return Target("unknown" if prefix == "/" else "missing", plain)
    return None


def _script_file(base: str, module: str, tree: Tree) -> Target:
    """A module's file: as written, with an ending added or exchanged, or a folder's index."""
    path = posixpath.normpath(base)
    if path.startswith(".."):
        return Target("missing", f"{module} (above the repository's root)")
    path = "" if path == "." else path
    stem, suffix = posixpath.splitext(path)
    candidates = [path]
    candidates += [stem + other for other in _WRITTEN_AS.get(suffix, ())]
    candidates += [path + extension for extension in _EXTENSIONS]
    candidates += [posixpath.join(path, f"index{extension}") for extension in _EXTENSIONS]
    for candidate in candidates:
        if candidate in tree.paths:
            return Target("file", candidate)
    manifest = posixpath.join(path, "package.json") in tree.paths  # it names the folder's entry
    generated = manifest or posixpath.basename(path) in {"$types", "$types.js"}
    return Target("unknown" if generated else "missing", path or module)


def _go_target(module: str, tree: Tree) -> Target:
    for folder, name in tree.go_modules:
        if module == name or module.startswith(f"{name}/"):
            inside = posixpath.join(folder, module[len(name) :].strip("/")).rstrip("/")
            held = any(
                item.endswith(".go") and posixpath.dirname(item) == inside for item in tree.paths
            )
            return Target("folder" if held else "missing", inside)
    if is_go_standard(module):
        return Target("standard", module)
    if not tree.go_modules:
        # No go.mod is known yet: the longest end of the path that is a folder here is meant.
        parts = module.split("/")
        for start in range(1, len(parts)):
            if (inside := "/".join(parts[start:])) in tree.folders:
                return Target("folder", inside)
    return Target("package", module)


def _link_target(link: str, path: str, tree: Tree) -> Target:
    """A file that a page or style sheet refers to; servers may put it anywhere."""
    plain = link.split("?", 1)[0].split("#", 1)[0]
    if plain.startswith("~") or not plain:
        return Target("unknown", link)
    folder = posixpath.dirname(path)
    if plain.startswith("/"):
        roots = ["", "public", "static", "src", folder]
        bases = [posixpath.join(root, plain[1:]) for root in roots]
    else:
        bases = [posixpath.join(folder, plain)]
    for base in map(posixpath.normpath, bases):
        name = posixpath.basename(base)
        partial = posixpath.join(posixpath.dirname(base), f"_{name}")
        for candidate in (base, f"{base}.css", f"{base}.scss", f"{partial}.scss", partial):
            if candidate in tree.paths:
                return Target("file", candidate)
    relative = plain.startswith(("./", "../")) or "." in posixpath.basename(plain)
    kind = "missing" if relative and not plain.startswith("/") else "unknown"
    return Target(kind, posixpath.normpath(bases[0]))


def _folders_above(path: str) -> list[str]:
    """The folders a file lies in, innermost first, and the root."""
    parts = _parts(path)[:-1]
    return ["/".join(parts[:end]) for end in range(len(parts), -1, -1)]


def _parts(path: str) -> list[str]:
    return path.split("/")
