"""Tells in which language a file is written, by its name."""

from enum import StrEnum
from functools import lru_cache
from pathlib import PurePosixPath


class Language(StrEnum):
    """A language that files are checked in; the values are the names of tree-sitter's grammars."""

    PYTHON = "python"
    JAVASCRIPT = "javascript"
    TYPESCRIPT = "typescript"
    TSX = "tsx"
    SVELTE = "svelte"
    HTML = "html"
    CSS = "css"
    SCSS = "scss"
    SQL = "sql"
    JSON = "json"
    YAML = "yaml"
    TOML = "toml"
    MARKDOWN = "markdown"
    DOCKERFILE = "dockerfile"
    GO = "go"


SCRIPTS = frozenset({Language.JAVASCRIPT, Language.TYPESCRIPT, Language.TSX})
"""Languages whose modules import each other as ECMAScript or CommonJS modules."""

_SUFFIXES = {
    ".py": Language.PYTHON,
    ".pyi": Language.PYTHON,
    ".js": Language.JAVASCRIPT,
    ".mjs": Language.JAVASCRIPT,
    ".cjs": Language.JAVASCRIPT,
    ".jsx": Language.JAVASCRIPT,
    ".ts": Language.TYPESCRIPT,
    ".mts": Language.TYPESCRIPT,
    ".cts": Language.TYPESCRIPT,
    ".tsx": Language.TSX,
    ".svelte": Language.SVELTE,
    ".html": Language.HTML,
    ".htm": Language.HTML,
    ".css": Language.CSS,
    ".scss": Language.SCSS,
    ".sql": Language.SQL,
    ".json": Language.JSON,
    ".jsonc": Language.JSON,
    ".webmanifest": Language.JSON,
    ".yaml": Language.YAML,
    ".yml": Language.YAML,
    ".toml": Language.TOML,
    ".md": Language.MARKDOWN,
    ".markdown": Language.MARKDOWN,
    ".dockerfile": Language.DOCKERFILE,
    ".go": Language.GO,
}
_NAMES = {
    ".babelrc": Language.JSON,
    ".prettierrc": Language.YAML,  # JSON is YAML as well
    "pipfile": Language.TOML,
    "poetry.lock": Language.TOML,
    "uv.lock": Language.TOML,
}
_DECLARED = {
    "python": Language.PYTHON,
    "python3": Language.PYTHON,
    "py": Language.PYTHON,
    "javascript": Language.JAVASCRIPT,
    "js": Language.JAVASCRIPT,
    "jsx": Language.JAVASCRIPT,
    "node": Language.JAVASCRIPT,
    "typescript": Language.TYPESCRIPT,
    "ts": Language.TYPESCRIPT,
    "tsx": Language.TSX,
    "golang": Language.GO,
    "yml": Language.YAML,
    "docker": Language.DOCKERFILE,
}


@lru_cache(maxsize=4096)
def language_of(path: str, declared: str = "") -> Language | None:
    """Tell a file's language.

    Args:
        path: where the file stands; its name decides where it can.
        declared: what the file's contract says, for a name that tells nothing (`bin/serve`).

    Returns:
        The language, or None for one that is not known here.
    """
    name = PurePosixPath(path).name.lower()
    if name in _NAMES:
        return _NAMES[name]
    if name.split(".")[0] in {"dockerfile", "containerfile"} and not name.endswith(".dockerignore"):
        return Language.DOCKERFILE
    suffix = PurePosixPath(name).suffix
    if suffix or name.startswith("."):
        return _SUFFIXES.get(suffix)
    said = declared.strip().lower()
    if said in _DECLARED:
        return _DECLARED[said]
    return Language(said) if said in set(Language) else None
