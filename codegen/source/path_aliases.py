"""Short forms of paths, as configuration files declare them."""

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from codegen.source.data_syntax import without_comments

_CONFIG = re.compile(r"[jt]sconfig(\.[\w.-]+)?\.json")
_BUNDLER = re.compile(r"(vite|vitest|svelte)\.config\.[cm]?[jt]s")
_BUNDLER_ALIAS = re.compile(
    r"""['"]?([$@~#\w/.*-]+)['"]?\s*:\s*(?:[\w.]+\(\s*)*(?:new\s+URL\(\s*|__dirname\s*,\s*)?"""
    r"""['"](\.{0,2}/?[\w./-]+)['"]"""
)
_GO_MODULE = re.compile(r"^module\s+(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Alias:
    """One short form.

    Attributes:
        scope: folder of the configuration file; it holds for the files below.
        pattern: as written, with at most one `*` for the rest.
        targets: paths from the repository's root, with `*` where the rest goes.
    """

    scope: str
    pattern: str
    targets: tuple[str, ...]

    @property
    def catches_all(self) -> bool:
        """Whether it matches package names as well, as a `baseUrl` does."""
        return self.pattern == "*"

    def expand(self, module: str, path: str) -> Iterator[str]:
        """The paths a module may mean in the file `path`; none if the alias is not for it."""
        if self.scope and not path.startswith(f"{self.scope}/"):
            return
        before, star, after = self.pattern.partition("*")
        if star:
            if not (module.startswith(before) and module.endswith(after)):
                return
            rest = module[len(before) : len(module) - len(after)]
        elif module == self.pattern:
            rest = ""
        else:
            return
        for target in self.targets:
            yield posixpath.normpath(target.replace("*", rest))


def aliases_of(texts: Mapping[str, str]) -> tuple[Alias, ...]:
    """Read the aliases of configuration files; those that cannot be read declare none."""
    found: list[Alias] = []
    for path, text in sorted(texts.items()):
        folder, name = posixpath.split(path)
        if _CONFIG.fullmatch(name):
            found += _declared(folder, text)
        elif _BUNDLER.fullmatch(name) and "alias" in text:
            found += _bundled(folder, text[text.index("alias") :])
    return tuple(sorted(found, key=lambda alias: (-len(alias.scope), alias.catches_all)))


def go_module_of(texts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Folders with a `go.mod`, and the module each declares; the longest name first."""
    found = [
        (posixpath.dirname(path), module[1])
        for path, text in texts.items()
        if posixpath.basename(path) == "go.mod" and (module := _GO_MODULE.search(text))
    ]
    return tuple(sorted(found, key=lambda item: -len(item[1])))


def _declared(folder: str, text: str) -> Iterator[Alias]:
    """`paths` and `baseUrl` of a TypeScript or JavaScript configuration."""
    try:
        options = json.loads(without_comments(text)).get("compilerOptions", {})
        base = options.get("baseUrl")
        paths = options.get("paths", {}).items()
        root = posixpath.join(folder, base or ".")
        for pattern, targets in paths:
            places = tuple(posixpath.normpath(posixpath.join(root, item)) for item in targets)
            yield Alias(folder, pattern, places)
        if base is not None:
            yield Alias(folder, "*", (posixpath.normpath(posixpath.join(root, "*")),))
    except (ValueError, AttributeError, TypeError, RecursionError):
        return


def _bundled(folder: str, text: str) -> Iterator[Alias]:
    """`alias: { "@": path.resolve(__dirname, "./src") }` and its like."""
    for name, target in _BUNDLER_ALIAS.findall(text):
        if name.startswith(("$", "@", "~", "#")):
            place = posixpath.normpath(posixpath.join(folder, target.lstrip("/")))
            yield Alias(folder, name.removesuffix("/*"), (place.removesuffix("/*"),))
            pattern = name if name.endswith("*") else f"{name.rstrip('/')}/*"
            yield Alias(folder, pattern, (f"{place.removesuffix('/*')}/*",))
