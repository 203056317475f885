"""Reads the places in a repository's files that a runner's account of a failure names."""

import posixpath
import re
from collections.abc import Collection, Iterator

from codegen.runners.accounts import Ecosystem
from core.artifacts.failure import Frame

MAX_FRAMES = 50
"""Most frames of a failure: the last ones, where it broke."""

_PLACES = (
    # pytest: `shop/cart.py:5: in price`
    re.compile(r"(?P<path>[^\s:][^:]*):(?P<line>\d+): in (?P<function>.+)"),
    # Python: `File "shop/cart.py", line 5, in price`
    re.compile(r'(?:E +)?\s*File "(?P<path>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?'),
    # pytest's word on a fixture: `file tests/test_cart.py, line 36`
    re.compile(r"file (?P<path>[^\s,]+), line (?P<line>\d+)"),
    # V8: `at price (src/cart.js:2:28)`, `at async src/cart.js:6:49`; vitest: `❯ price src/a.ts:1:2`
    re.compile(
        r"\s*(?:at|❯) (?:async )?(?:(?P<function>[^()\n]+?) )?\(?"
        r"(?P<path>[^\s():]+):(?P<line>\d+):\d+\)?"
    ),
    # TypeScript: `src/main.ts(1,10): error TS2305: …`, `app/(shop)/page.tsx(3,5): error …`
    re.compile(r"(?P<path>[^\s:]+?)\((?P<line>\d+),\d+\): (?:error|warning) "),
    # oxc and rolldown: `╭─[ src/cart.js:2:54 ]`
    re.compile(r"\s*[╭┌]─+\[\s*(?P<path>[^\s:]+):(?P<line>\d+):\d+\s*\]"),
    # Go's panics: `	cart/cart.go:10 +0x4b`, after a line with the function
    re.compile(r"\t(?P<path>[^\s:]+\.go):(?P<line>\d+)(?: \+0x\S+)?$"),
    # `cart/cart_test.go:15: …`, `orders/orders.go:5:9: …`, `src/a.ts:3:5: ERROR: …`, `file: a.ts:3`
    re.compile(r"\s*(?:(?:file|File): )?(?P<path>[^\s:()\[\]]+\.\w+):(?P<line>\d+)(?=[:\s]|$)"),
    # Babel: `SyntaxError: src/syntax.test.js: Unexpected token (2:0)`
    re.compile(r"\s*\w*Error: (?P<path>[^\s:]+\.\w+): .*\((?P<line>\d+):\d+\)"),
)
_GO_FUNCTION = re.compile(r"\S*?(?:/[^/.\s]*|^[^/.\s]+)\.(?P<function>[^/\s]+)\(")
_WORD = re.compile(r"[\w@$][\w@$./-]*\.\w+")
_RELATIVE = re.compile(r"""["'](?P<path>\.{1,2}/[^"'\s]+)["']""")
_DOTTED = re.compile(r"'(?P<module>\w+(?:\.\w+)+)'")
_SCRIPT_ENDINGS = ("", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".svelte", "/index.ts", "/index.js")


def read_frames(
    account: str, *, known: Collection[str], folder: str, ecosystem: Ecosystem
) -> tuple[Frame, ...]:
    """The places in the repository's files that an account names, where it broke last.

    Args:
        account: the runner's words.
        known: every path of the repository; places in other files are left out.
        folder: where the runner ran; it may name files relative to it.
        ecosystem: Python names the caller first, the others last.
    """
    frames: list[Frame] = []
    before = ""
    for line in account.splitlines():
        if frame := _frame(line, before, known, folder):
            frames.append(frame)
        before = line
    if ecosystem != "python":
        frames.reverse()
    unique = [frame for n, frame in enumerate(frames) if n == 0 or frame != frames[n - 1]]
    return tuple(unique[-MAX_FRAMES:])


def mentioned_files(
    account: str, *, known: Collection[str], folder: str, importer: str
) -> Iterator[str]:
    """Paths of the repository that an account names otherwise: by name, module or import.

    Args:
        account: the runner's words.
        known: every path of the repository.
        folder: where the runner ran.
        importer: the file relative imports start from.
    """
    for match in _WORD.finditer(account):
        if path := resolve(match[0], known, folder):
            yield path
    for match in _RELATIVE.finditer(account):
        base = posixpath.normpath(posixpath.join(posixpath.dirname(importer), match["path"]))
        yield from (base + ending for ending in _SCRIPT_ENDINGS if base + ending in known)
    for match in _DOTTED.finditer(account):
        module = match["module"].replace(".", "/")
        for root in (f"{folder}/" if folder else "", f"{folder}/src/" if folder else "src/"):
            candidates = (f"{root}{module}.py", f"{root}{module}/__init__.py")
            yield from (path for path in candidates if path in known)


def resolve(text: str, known: Collection[str], folder: str) -> str:
    """The repository's path that a runner means, or nothing."""
    text = text.removeprefix("./")
    inside = f"{folder}/{text}" if folder else text
    return next((path for path in (inside, text) if path in known), "")


def _frame(line: str, before: str, known: Collection[str], folder: str) -> Frame | None:
    line = line.replace("file://", "")
    for pattern in _PLACES:
        match = pattern.match(line)
        if match is None or not (path := resolve(match["path"], known, folder)):
            continue
        groups = match.groupdict()
        function = (groups.get("function") or "").strip()
        if line.startswith("\t") and (called := _GO_FUNCTION.match(before)):
            function = called["function"]
        number = int(match["line"][:9])
        return Frame(path=path, line=number, function=function[:200]) if number else None
    return None
