"""Passwords that stand in a text: told from placeholders, variables, labels and tests' own.

The scanner imports this file by itself, as a filter, so it uses nothing but the standard library.
A password has no form of its own as keys and tokens have, so it is known by the name it is given
to, and by what the value is not. What looks like a word counts only where settings are made; tests,
examples and documents are full of passwords that open nothing, so there only a value that no
person makes up in passing counts.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Protocol

ASSIGNED = "Secret Keyword"
IN_ADDRESS = "Basic Auth Credentials"

_PASSING = re.compile(
    r"(?i)^(?!(?=(?:\D*\d){4})(?-i:(?=.*[a-z])(?=.*[A-Z]))[a-z0-9+/=]{20,}$)\W*("  # not by chance
    r"[a-z0-9_.-]{1,12}|"  # short and plain: what tests and examples are full of
    r"(?=.{1,40}$).*(pass|p[a4]ssw|secret|test|dev|demo|dummy|fake|example|change|sample|your|"
    r"insecure|wrong|correct|placeholder|admin|user|invalid|123|xxx|\.\.\.).*|"
    r"<[^<>]*>|\$\{[^{}]*\}|\{\{?[^{}]*\}?\}|\$[A-Z_]+|\*+)\W*$"
)
"""Values that are no password in tests, examples and documents: placeholders, and tests' own."""

_SAID = (
    "pa[s5]{2}w[o0]rd|p[a4@][s5$]{2}(?:w[o0]rd)?|passwd|passphrase|passcode|pwd|s[e3]cr[e3]t|keys?|"
    "database|db|postgres(?:ql)?|mysql|mariadb|redis|rabbitmq|mongo|smtp|mail|email|users?|names?|"
    "username|login|admin|root|guest|owner|app|api|auth|account|tests?|testing|dev|development|"
    "local|prod|production|staging|examples?|sample|demo|dummy|fake|mock|change|changeit|me|it|"
    "please|your|my|our|the|this|a|an|here|insecure|unsafe|placeholder|default|current|new|old|"
    "confirm|confirmation|repeat|again|hash|hashed|fields?|inputs?|text|string|str|char|varchar|"
    "hidden|visible|show|hide|masked|required|optional|missing|invalid|valid|wrong|incorrect|"
    "correct|weak|strong|very|super|too|short|long|min|max|length|none|null|nil|true|false|bool|"
    "bearer|basic|plain|reset|forgot|forgotten|lost|update|set|unset|empty|blank|only|not|no|in|"
    "is|for|of|to|use|with|from|env|environ|and|or|some|any|real|value|tokens?|replace|replaced|"
    "must|be|at|least|characters|match|mismatch|error|errors|label|hint|help|form|page|view|route|"
    "forbidden|denied|never|shared|generated|random|x"
)
_PLACEHOLDER = re.compile(rf"(?:{_SAID}|\d|[^a-z0-9])*", re.IGNORECASE)
_DIGITS, _LONGEST = 4, 64
"""Most digits and characters of a placeholder."""

_NO_VALUE = re.compile(
    r"\$\{.*|\$\(.*|\$[A-Z_][A-Z0-9_]*|\{.*\}|<.*>|\[.*\]|%.*|\*+|@.*|&.*|!.*|"  # others' values
    r"\$2[abxy]\$.*|\$argon2.*|\$scrypt.*|pbkdf2.*|sha\d+[$:].*|"  # not the password itself
    r"[./#^].*|https?:.*|\w+\(.*|.*\\[dswDSW].*|.*\(\?.*|.*[\])][{*+].*"  # paths, selectors, forms
)
_SHELL_VARIABLE = re.compile(r"\$[A-Za-z_]\w*")
_INTERPOLATED = frozenset(
    {".sh", ".bash", ".php", ".pl", ".kt", ".yml", ".yaml", ".env", ".mk", ".ps1", "dockerfile"}
)
"""Where `$name` stands for a variable, by suffix or name."""

_KEYWORD = re.compile(r"(?i)password|passwd|passphrase|passcode|pwd|[_-]pass")
_AUTHORITY = re.compile("://")
_BEFORE, _AFTER = 60, 300
_WORDS = re.compile(r"[^\W\d_]+(?:[-_.:/ ][^\W\d_]+)*")
_NAME = (
    r"(?P<name>(?:[A-Za-z_][\w.-]{0,60}?)?"
    r"(?:password|passwd|passphrase|passcode|pwd|(?<=[_-])pass))\d*"
)
_QUOTED = r"(?P<quote>[\"'`])(?P<value>(?:\\.|(?!(?P=quote))[^\\])*)(?P=quote)"
_CODE = (
    # A variable, an argument or an entry, with its type between, if it says so.
    re.compile(
        rf"(?<![\w.]){_NAME}(?P<closed>[\"'`\]]{{0,2}})(?:\??\s*:\s*[\w\[\]| .]+?)?"
        rf"\s*(?P<sign>:=|=>|=|:)\s*[bruRU@]?{_QUOTED}",
        re.IGNORECASE,
    ),
    # What is taken where the environment has none.
    re.compile(rf"(?:get|env)\w*\(\s*[\"'`](?P<sign>){_NAME}[\"'`]\s*,\s*{_QUOTED}", re.IGNORECASE),
    re.compile(
        rf"(?<!\w){_NAME}[\"'`)\]]*\s*(?P<sign>\|\||\?\?|\bor\b)\s*{_QUOTED}", re.IGNORECASE
    ),
)
_SETTING = re.compile(
    rf"^\s*(?:-\s+)?(?:export\s+|ENV\s+|ARG\s+)?[\"']?{_NAME}[\"']?\s*(?P<sign>[=:])\s*"
    r"(?P<value>[^\s\"'#`][^\s\"'`]*)\s*(?:#.*)?$",
    re.IGNORECASE,
)
_FALLBACK = re.compile(rf"\$\{{{_NAME}:?(?P<sign>[-=])(?P<value>[^{{}}\s]+)\}}", re.IGNORECASE)
_ADDRESS = re.compile(
    r"[a-z][a-z0-9+.-]*://(?P<user>[^\s:/@\"'`<>]*):(?P<value>[^\s/@\"'`<>]+)@(?P<host>[\w.-]+)",
    re.IGNORECASE,
)
_SETTINGS_FILES = frozenset(
    {".env", ".ini", ".cfg", ".conf", ".properties", ".yml", ".yaml", "dockerfile", ".sh", ".bash"}
)
_EXAMPLES = re.compile(
    r"(?i)(^|/)(tests?|__tests__|spec|specs|e2e|docs?|examples?|fixtures?|mocks?|seeds?|demo)/|"
    r"(^|/)(test_[^/]*|conftest\.py|seeds?\.\w+|[^/]*(_test|_spec|[.-](test|spec|example|sample"
    r"|template|dist))(\.\w+)*|[^/]*\.(md|rst|adoc|txt))$|^\("
)
_TRANSLATIONS = re.compile(r"(?i)(^|/)(i18n|l10n|locales?|lang|translations?|messages)(/|\.)")
_DEED = re.compile(
    r"(?i)(reset|forgot|change|update|confirm|show|toggle|verify|check|hash|validate|require"
    r"|errors?|touched|labels?|icons?|types?)[\w.-]*$"
)
_CONNECTION = re.compile(r"(?i)\b(host|hostname|port|database|dbname|server|dsn)[\"']?\s*[:=]")
_NEAR = 3
"""Lines on either side that say what an entry belongs to."""

_IN_EVERY_MANUAL = "tiger"
"""Password of the user `scott`, whom databases' manuals have for their examples since 1977."""

_LEAST = 5
"""Characters of the shortest password."""

_STATEMENT = re.compile(r"\s*(?:(?:export|const|let|var|private|public|static|final|String)\s+)*$")
_ENDED = re.compile(r"\s*(?:;|#.*|//.*)?\s*$")
_SHORT_LABEL = 5
"""Letters of words such as `lock`, which say how something looks."""

_TOKEN = re.compile(
    r"token[\"'\]]{0,2}(?:\??\s{0,3}:\s{0,3}[\w\[\]| .]{1,40}?)?\s{0,9}(?::=|=>|=|:)\s{0,9}[bru]?"
    r"(?P<quote>[\"']?)(?P<value>[a-z0-9+/_=-]{24,200})(?P=quote)(?![\w(.\[+/-])",
    re.IGNORECASE,
)
_TOKEN_DIGITS, _TOKEN_SIGNS = 4, 8
"""Least digits, and different characters, of what a machine made up."""


def is_made_up_in_passing(secret: str, plugin: "_Plugin") -> bool:
    """Whether the scanner is to let a password pass; never a key or token known by its form.

    The scanner calls it, and knows what to hand over by the arguments' names.

    Args:
        secret: what was found.
        plugin: what found it.
    """
    return plugin.secret_type in {ASSIGNED, IN_ADDRESS} and _PASSING.match(secret) is not None


class _Plugin(Protocol):
    """The part of a scanner's plugin that is asked for here."""

    @property
    def secret_type(self) -> str: ...


def find_passwords(path: str, text: str) -> Iterator[tuple[int, str]]:
    """Lines that hold a password, with the kind of place it stands at.

    Args:
        path: says what the text is for; one in parentheses is no file's.
        text: what is looked through.
    """
    lines = text.splitlines()
    for number, line in enumerate(lines):
        for found in _assignments(path, line):
            near = "\n".join(lines[max(0, number - _NEAR) : number + _NEAR + 1])
            if _is_password(path, found, near):
                yield number + 1, ASSIGNED
        if any(_is_token(path, found) for found in _TOKEN.finditer(line)):
            yield number + 1, ASSIGNED
        for part in _windows(_AUTHORITY, line):
            if any(_is_in_address(path, found) for found in _ADDRESS.finditer(part)):
                yield number + 1, IN_ADDRESS


def _assignments(path: str, line: str) -> Iterator[re.Match[str]]:
    for near in _windows(_KEYWORD, line):
        for form in _CODE:
            yield from form.finditer(near)
        yield from _FALLBACK.finditer(near)
    if _kind(path) in _SETTINGS_FILES and len(line) <= _AFTER and (found := _SETTING.match(line)):
        yield found


def _windows(sign: re.Pattern[str], line: str) -> Iterator[str]:
    """The parts of a line around what a password stands behind; a line may have megabytes."""
    looked = -1
    for hit in sign.finditer(line):
        if hit.start() < looked:
            continue
        looked = hit.end() + _AFTER // 2  # what begins before has room enough in this part
        yield line[max(0, hit.start() - _BEFORE) : hit.end() + _AFTER]


def _is_password(path: str, found: re.Match[str], near: str) -> bool:
    value = found["value"]
    if (
        not _is_value(path, value)
        or _DEED.match(found["name"])
        or _plain(value) == _plain(found["name"])
    ):
        return False
    if _EXAMPLES.search(path):
        return _PASSING.match(value) is None
    if _is_placeholder(value) or (value == _IN_EVERY_MANUAL and "scott" in near):
        return False
    return _is_setting(path, found, near) if _WORDS.fullmatch(value) else True


def _is_setting(path: str, found: re.Match[str], near: str) -> bool:
    """Whether a value that looks like a word or a name is given to a setting all the same."""
    if _TRANSLATIONS.search(path):
        return False
    if _kind(path) in _SETTINGS_FILES or found["sign"] not in {"=", ":=", ":", "=>"}:
        return True
    if (
        "." in found["name"] and found["sign"] == "="
    ):  # of a form or a message, as `errors.password`
        return False
    if found["name"].isupper() or _CONNECTION.search(near) is not None:
        return True
    return found["sign"] != ":" and _stands_alone(found)


def _stands_alone(found: re.Match[str]) -> bool:
    """Whether an assignment is a statement of its own: no argument, attribute or label of one."""
    before, after = found.string[: found.start()], found.string[found.end() :]
    return (
        found["value"].isalpha()
        and len(found["value"]) > _SHORT_LABEL
        and _STATEMENT.match(before) is not None
        and _ENDED.match(after) is not None
    )


def _is_token(path: str, found: re.Match[str]) -> bool:
    """Whether what is called a token is one: made up by a machine, and no name of a variable."""
    value = found["value"]
    if not found["quote"] and _kind(path) not in _SETTINGS_FILES:
        return False
    digits = sum(letter.isdigit() for letter in value)
    if digits < _TOKEN_DIGITS or len(set(value.lower())) < _TOKEN_SIGNS:
        return False
    return not (_EXAMPLES.search(path) and _PASSING.match(value))


def _is_in_address(path: str, found: re.Match[str]) -> bool:
    value = found["value"]
    if not _is_value(path, value) or value in {found["user"], found["host"], _IN_EVERY_MANUAL}:
        return False
    if _EXAMPLES.search(path):
        return _PASSING.match(value) is None
    return not _is_placeholder(value)


def _is_value(path: str, value: str) -> bool:
    """Whether something could be a password: no variable, label, path or form of one."""
    if len(value) < _LEAST or any(letter.isspace() for letter in value):
        return False
    if _kind(path) in _INTERPOLATED and _SHELL_VARIABLE.fullmatch(value):
        return False
    return _NO_VALUE.fullmatch(value) is None and "${" not in value and "{{" not in value


def _is_placeholder(value: str) -> bool:
    short = len(value) <= _LONGEST and sum(letter.isdigit() for letter in value) <= _DIGITS
    return short and _PLACEHOLDER.fullmatch(value) is not None


def _plain(name: str) -> str:
    """A name as it is told apart from others: the constant `OR_PASSWORD` is often `or-password`."""
    return re.sub(r"[\W_]", "", name).lower()


def _kind(path: str) -> str:
    """What sort of file it is: its suffix, or a name that says it."""
    name = PurePosixPath(path).name.lower()
    if name.startswith(".env"):
        return ".env"
    return "dockerfile" if name.startswith("dockerfile") else PurePosixPath(name).suffix
