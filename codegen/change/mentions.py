"""Which texts speak of a file or a package, in any of the ways that programs take them.

Imports are resolved. What else may load something at run time, such as a command, a page or a name
that is put together, is known by its text alone; there, a likeness is enough.
"""

import posixpath
import re
from collections.abc import Mapping
from functools import cached_property

from codegen.import_graph import ImportGraph
from codegen.source.packages import canonical, declares
from core.artifacts.structure import Dependency

_NAMELESS = frozenset({"__init__", "index", "mod"})
"""Names of files that are known by their folder's."""

_COMPILED = {
    ".ts": (".js", ".d.ts"),
    ".tsx": (".js", ".jsx"),
    ".mts": (".mjs",),
    ".cts": (".cjs",),
    ".scss": (".css",),
}
_WORD = re.compile(r"[@\w][\w./@-]*\w|\w")
_TAKING = re.compile(r"^.*\b(?:import|from|require|export)\b.*$", re.MULTILINE)
"""Lines that may take something of a package, in any of the languages that are written."""

_UNIMPORTED = {
    "aiosqlite": r"sqlite\+aiosqlite",
    "argon2-cffi": r"argon2",
    "email-validator": r"EmailStr|NameEmail|validate_email",
    "greenlet": r"ext\.asyncio|create_async_engine|AsyncSession",
    "h2": r"http2\s*=",
    "itsdangerous": r"SessionMiddleware",
    "jinja2": r"Jinja2Templates|render_template",
    "openpyxl": r"read_excel|to_excel|ExcelWriter",
    "psycopg2": r"postgres(?:ql)?://",
    "psycopg2-binary": r"postgres(?:ql)?://",
    "pyarrow": r"(?:read|to)_(?:parquet|feather)",
    "python-multipart": r"\bForm\b|\bFile\b|UploadFile|OAuth2PasswordRequestForm|\.form\(",
    "tzdata": r"ZoneInfo|zoneinfo",
}
"""Signs of packages that others load by themselves, as the documentation of those others says."""


class Mentions:
    """What the files of a repository speak of.

    Args:
        texts: every file by its path.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    @cached_property
    def _graph(self) -> ImportGraph:
        return ImportGraph(self._texts)

    def of_file(self, path: str) -> frozenset[str]:
        """Paths of the other files that import a file, or whose text may name it."""
        sign = _file_sign(path)
        named = {other for other, text in self._texts.items() if sign.search(text)}
        return frozenset({*named, *self._graph.importers_of(path)} - {path})

    def of_package(self, package: Dependency) -> frozenset[str]:
        """Paths of the files that take something of a package, or whose text names it."""
        own = canonical(package.name)
        sign = re.compile(_UNIMPORTED.get(own, r"(?!)"))
        return frozenset(
            path
            for path, text in self._texts.items()
            if any(canonical(word) == own for word in set(_WORD.findall(text)))
            or sign.search(text)
            or takes(package, text)
        )


def takes(package: Dependency, text: str) -> bool:
    """Whether a text takes something of what may be a module of a package."""
    words = {word for line in _TAKING.findall(text) for word in _WORD.findall(line)}
    return any(declares((package,), word, package.ecosystem) for word in words)


def _file_sign(path: str) -> re.Pattern[str]:
    """What a text has that may mean a file without an import of it.

    It is the file's name, also of what it is compiled to; its name and its folder's, as a path or
    as Python calls it; a quoted text that ends in its name without the ending; a Python module
    that a command runs; and its folder, where a name is put together or the folder is searched.
    """
    folder, name = posixpath.split(path)
    stem, ending = posixpath.splitext(name)
    above, parent = posixpath.split(folder)
    nameless = stem in _NAMELESS
    where = f"{re.escape(parent)}/" if nameless and parent else ""
    ways = [
        rf"(?<![\w.-]){where}{re.escape(stem + other)}(?![\w-])"
        for other in (ending, *_COMPILED.get(ending, ()))
    ]
    if nameless:  # it goes by its folder's name
        stem, parent = parent, posixpath.basename(above)
    own = re.escape(stem)
    if own and parent:
        ways.append(rf"(?<![\w-]){re.escape(parent)}(?:(?:\.|::){own}(?![\w-])|/{own}(?![\w.-]))")
    if own:
        ways.append(rf"""["'`](?:[^"'`\n]*[/.:])?{own}["'`]""")
    if own and ending == ".py":
        ways.append(rf"(?<![\w-])(?:-m[\s,\"']+(?:[\w.]+\.)?{own}(?![\w-])|{own}:[A-Za-z_])")
    if parent and not nameless:
        ways.append(rf"(?<![\w-]){re.escape(parent)}[./][{{$%*<]")
        ways.append(rf"""(?<![\w-]){re.escape(parent)}[./]["'`]\s*(?:[+~,]|\.\.)""")
    if above and not nameless:  # a folder of the root is named for many other reasons
        whole = re.escape(posixpath.basename(above))
        ways.append(rf"""["'`](?:[^"'`\n]*[/.])?{whole}[/.]{re.escape(parent)}[/.]?["'`]""")
        ways.append(rf"""["'`]\.{{0,2}}/{re.escape(parent)}/?["'`]""")
    return re.compile("|".join(ways))
