"""Which paths a generated repository may hold.

The rules make a path mean the same file on every machine that checks the repository out: Linux,
macOS and Windows, with case kept or not. They also keep a path from leaving the tree or from
reaching git's own files. Names are compared as the pickiest file system would compare them.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from core.layout import COMMITTED_REPORT

MAX_FILES = 1_000
MAX_DEPTH = 12
MAX_PATH_CHARACTERS = 240
MAX_PART_CHARACTERS = 100
MAX_PART_BYTES = 255
"""What Linux file systems allow, in UTF-8; 100 characters can take up to 400 bytes."""

# What a code host runs by itself as soon as it is pushed, by the hosts' own documentation.
_WORKFLOW_FOLDERS = (
    ".buildkite",
    ".circleci",
    ".forgejo/workflows",
    ".gitea/workflows",
    ".github/actions",
    ".github/workflows",
    ".gitlab/ci",
    ".woodpecker",
)
_WORKFLOW_FILES = frozenset(
    {
        *(".cirrus.yml", ".drone.yml", ".gitlab-ci.yml", ".travis.yml", ".woodpecker.yml"),
        *(".appveyor.yml", "appveyor.yml", "azure-pipelines.yml", "bitbucket-pipelines.yml"),
        "jenkinsfile",
    }
)
_GIT_NAMES = frozenset({".git", ".gitmodules"})
_WINDOWS_CHARACTERS = frozenset('<>:"|?*')
_WINDOWS_NAMES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}
)
_SHORT_NAME = re.compile(r"[^.~]{1,7}~[0-9]+(?:\.|$)")
"""The second name Windows gives to a file: `git~1` reaches `.git`, `gitmod~1` `.gitmodules`."""


def check_path(path: str, workflows: Collection[str] = ()) -> list[str]:
    """Hold one path to the rules.

    Args:
        path: relative to the repository's root, with `/` between its parts.
        workflows: files that a code host may run by itself; all others of that kind are refused.

    Returns:
        One line with every problem of the path; nothing if there is none.
    """
    problems = "; ".join(_path_problems(path, workflows))
    return [f"path {_shown(path)}: {problems}"] if problems else []


def check_paths(paths: Sequence[str], workflows: Collection[str] = ()) -> list[str]:
    """Hold all paths of a repository to the rules, each alone and all together.

    Args:
        paths: every file of the repository, relative to its root, with `/` between the parts.
        workflows: files that a code host may run by itself; all others of that kind are refused.

    Returns:
        Every problem, a line for each path or group of paths; nothing if there is none.
    """
    return [line for _, line in place_problems(paths, workflows)]


def place_problems(paths: Sequence[str], workflows: Collection[str] = ()) -> list[tuple[str, str]]:
    """Say what `check_paths` says, and which path each problem is about.

    Args:
        paths: every file of the repository, relative to its root, with `/` between the parts.
        workflows: files that a code host may run by itself; all others of that kind are refused.

    Returns:
        Pairs of a path and its problem. The path is always one of those given: of some that do
        not go together, the later one; of too many, the first beyond the maximum.
    """
    problems: list[tuple[str, str]] = []
    if len(paths) > MAX_FILES:
        too_many = f"{len(paths):,} files are given, and at most {MAX_FILES:,} are allowed"
        problems.append((paths[MAX_FILES], too_many))
    different = list(dict.fromkeys(paths))
    for path in different:
        problems += [(path, line) for line in check_path(path, workflows)]
    problems += _repeated(paths)
    problems += _file_clashes(different)
    problems += _folder_clashes(different)
    return problems


def _path_problems(path: str, workflows: Collection[str]) -> Iterator[str]:
    if not path:
        yield "is empty"
        return
    if path.startswith("/"):
        yield "is absolute; it must be relative to the repository's root"
    if path.startswith(("-", "~")):
        yield f"begins with {path[0]!r}, which commands do not take for a file's name"
    if len(path) > MAX_PATH_CHARACTERS:
        yield f"has {len(path)} characters; at most {MAX_PATH_CHARACTERS} are allowed"
    if unicodedata.normalize("NFC", path) != path:
        yield "is not in Unicode normal form NFC"
    yield from _character_problems(path)
    parts = path.removeprefix("/").split("/")
    if len(parts) > MAX_DEPTH:
        yield f"is {len(parts)} levels deep; at most {MAX_DEPTH} are allowed"
    for part in dict.fromkeys(parts):
        yield from _part_problems(part)
    if path not in workflows and _is_workflow(path):
        yield "is a file that a code host runs by itself, where none may be written"
    if fold_case(parts[0]) == fold_case(COMMITTED_REPORT):
        yield f"begins with {parts[0]!r}, which is kept for the report of the build"


def _is_workflow(path: str) -> bool:
    folded = fold_case(path)
    name = f"{folded.removesuffix('.yaml')}.yml" if folded.endswith(".yaml") else folded
    return name in _WORKFLOW_FILES or any(
        f"{folded}/".startswith(f"{folder}/") for folder in _WORKFLOW_FOLDERS
    )


def _character_problems(path: str) -> Iterator[str]:
    for character in dict.fromkeys(path):
        category = unicodedata.category(character)
        if character == "\\":
            yield "has a backslash; parts are separated by /"
        elif character in _WINDOWS_CHARACTERS:
            yield f"has the character {character!r}, which Windows does not allow"
        elif category[0] == "C" or (category[0] == "Z" and character != " "):
            yield f"has the control or invisible character U+{ord(character):04X}"


def _part_problems(part: str) -> Iterator[str]:
    if not part:
        yield "has an empty part (a doubled slash, or one at the end)"
    elif part in {".", ".."}:
        yield f"has a {part!r} part"
    elif _git_name(part) in _GIT_NAMES:
        yield f"has the part {_shown(part)}, which belongs to git"
    elif part != part.strip(" ") or part.endswith("."):
        yield f"has the part {_shown(part)}, which begins with a space or ends with a space or dot"
    elif _windows_name(part) in _WINDOWS_NAMES:
        yield f"has the part {_shown(part)}, a name that Windows reserves"
    elif _SHORT_NAME.match(part):
        yield f"has the part {_shown(part)}, which Windows can take for another file's short name"
    if len(part) > MAX_PART_CHARACTERS:
        yield f"has a part of {len(part)} characters; at most {MAX_PART_CHARACTERS} are allowed"
    elif (size := len(part.encode(errors="surrogatepass"))) > MAX_PART_BYTES:
        yield f"has a part of {size} bytes in UTF-8; at most {MAX_PART_BYTES} are allowed"


def _git_name(part: str) -> str:
    """Fold away what some file system ignores, so that look-alikes of git's names show."""
    visible = "".join(letter for letter in part if unicodedata.category(letter) != "Cf")
    return fold_case(unicodedata.normalize("NFKC", visible)).rstrip(" .")


def _windows_name(part: str) -> str:
    """What Windows compares with its reserved names: `Com¹ .txt` is COM1 to it."""
    return fold_case(unicodedata.normalize("NFKC", part)).partition(".")[0].rstrip(" ")


def fold_case(text: str) -> str:
    """Fold case and composition: paths of equal folds may be one file where case does not count.

    Upper case comes first, because it joins letters that `casefold` alone keeps apart (ı and i).
    """
    upper = unicodedata.normalize("NFC", text).upper()
    return unicodedata.normalize("NFC", upper.casefold())


def _repeated(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    for path, times in Counter(paths).items():
        if times > 1:
            yield path, f"path {_shown(path)}: is given {times} times"


def _file_clashes(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Files that are one file, or a file and a folder, on some file system."""
    files: dict[str, str] = {}
    for path in paths:
        other = files.setdefault(fold_case(path), path)
        if other != path:
            yield path, f"paths {_shown(other)} and {_shown(path)}: differ only in case"
    for path in paths:
        for folder in _folders(path):
            # Named once, however many files the folder holds.
            if file := files.pop(fold_case(folder), None):
                place = max(file, path, key=paths.index)
                yield place, f"path {_shown(file)}: is a file, and a folder of {_shown(path)}"


def _folder_clashes(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Folders that are one folder on some file systems only."""
    spellings: dict[str, dict[str, str]] = {}
    for path in paths:
        for folder in _folders(path):
            spelled = spellings.setdefault(fold_case(folder), {})
            spelled.setdefault(folder, path)
            if len(spelled) > 1:
                break  # the folders in it differ for this reason alone
    for spelled in spellings.values():
        if len(spelled) > 1:
            names = " and ".join(_shown(folder) for folder in spelled)
            yield list(spelled.values())[-1], f"folders {names}: differ only in case"


def _folders(path: str) -> Iterator[str]:
    """Every folder a path lies in, outermost first."""
    parts = path.split("/")
    for depth in range(1, len(parts)):
        yield "/".join(parts[:depth])


def _shown(text: str) -> str:
    """A path or part as a message quotes it; an endless one is cut."""
    if len(text) <= MAX_PATH_CHARACTERS:
        return repr(text)
    return f"{text[:80]!r} (cut; {len(text)} characters)"
