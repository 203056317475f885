"""Python files whose names would hide other modules."""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from codegen.issues import Problem
from codegen.source.platforms import is_python_standard


def hidden_module_problems(paths: Iterable[str]) -> Iterator[Problem]:
    """Python modules that hide one another, or one of Python's own.

    Args:
        paths: every file of the repository.
    """
    python = sorted({path for path in paths if path.endswith(".py")})
    packages = {str(PurePosixPath(path).parent) for path in python if path.endswith("/__init__.py")}
    for path in python:
        if path.removesuffix(".py") in packages:
            yield Problem(
                path,
                f"the package {path.removesuffix('.py')!r} hides it",
                "Rename one of them, or move the file into the package.",
            )
    # Python looks into these folders before its own library.
    tops = [PurePosixPath(path) for path in python if path.count("/") == 0]
    tops += [PurePosixPath(folder) for folder in packages if folder.count("/") == 0]
    if "src" not in packages:
        tops += [PurePosixPath(path) for path in python if _is_below_src(path)]
        tops += [PurePosixPath(folder) for folder in packages if _is_below_src(folder)]
    for top in sorted(set(tops)):
        if is_python_standard(top.stem) and top.stem != "__main__":
            yield Problem(
                f"{top}/__init__.py" if str(top) in packages else str(top),
                f"it hides {top.stem!r} of Python's standard library",
                "Give the file or package another name.",
            )


def _is_below_src(path: str) -> bool:
    return path.startswith("src/") and path.count("/") == 1
