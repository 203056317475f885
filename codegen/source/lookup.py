"""Follows names through re-exports to where they are defined."""

from collections.abc import Mapping

from codegen.source.names import Exports, SourceExport, SourceImport
from codegen.source.targets import Target, Tree, python_submodule, target_of

_MOST_STEPS = 12
"""Re-exports followed from file to file; circles end here."""


def defined(
    item: SourceExport, path: str, index: Mapping[str, Exports], tree: Tree, steps: int = 0
) -> SourceExport:
    """The definition behind a name that is passed on; the name itself if that cannot be seen."""
    if not item.origin or not item.original or steps >= _MOST_STEPS:
        return item
    target = target_of(SourceImport(module=item.origin), path, tree)
    exports = index.get(target.name)
    if target.kind != "file" or exports is None:
        return item
    found = exports.named(item.original)
    return defined(found, target.name, index, tree, steps + 1) if found else item


def has_name(
    name: str, path: str, index: Mapping[str, Exports], tree: Tree, steps: int = 0
) -> bool | None:
    """Whether a name can be taken from a file.

    Returns:
        None if it cannot be known: the file is not in the index, or offers names unseen.
    """
    exports = index.get(path)
    if exports is None:
        return None
    # A default export also goes by its name inside the file, but cannot be imported by it.
    if name in {item.name for item in exports.names}:
        return True
    certain = not exports.open and steps < _MOST_STEPS
    # A star passes on everything but the default export.
    for module in exports.stars if steps < _MOST_STEPS and name != "default" else ():
        target = target_of(SourceImport(module=module), path, tree)
        if target.kind == "missing":
            continue
        found = has_name(name, target.name, index, tree, steps + 1)
        if found:
            return True
        certain = certain and found is False
    if path.endswith(".py") and python_submodule(Target("file", path), name, tree) is not None:
        return True
    return False if certain else None


def names_in(path: str, index: Mapping[str, Exports]) -> list[str]:
    """The names a file offers, for suggestions."""
    exports = index.get(path)
    return [item.name for item in exports.names if item.offered] if exports else []
