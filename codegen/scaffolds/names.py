"""Names of packages in their one canonical spelling, whatever a model wrote around them."""

import re

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidName, canonicalize_name

from core.artifacts.packages import Ecosystem

_NPM = re.compile(
    r"(?P<name>(?:@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*)(?:@(?P<range>.*))?"
)
"""Names that npm publishes, by its documentation of `package.json`, and a range behind them."""
_GO = re.compile(r"(?P<name>[a-z0-9.-]+\.[a-z]+(?:/[A-Za-z0-9._~-]+)*)(?:@(?P<range>\S+))?")
_NPM_LENGTH = 214


def canonical_name(text: str, ecosystem: Ecosystem) -> str:
    """A declared name as the index spells it; versions are left out, extras kept.

    Raises:
        ValueError: no package can have this name; the message says why.
    """
    text = text.strip()
    if ecosystem == "python":
        return _python_name(text)
    if ecosystem == "npm":
        return _npm_name(text)
    found = _GO.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no Go module; a module's path begins with a host's name")
    return found["name"]


def bare_name(name: str, ecosystem: Ecosystem) -> str:
    """A canonical name without its extras, as an index is asked for it."""
    return name.partition("[")[0] if ecosystem == "python" else name


def _python_name(text: str) -> str:
    try:
        requirement = Requirement(text)
        # Checked once more: `Requirement` takes some that end in a hyphen, which no name does.
        name = canonicalize_name(requirement.name, validate=True)
        extras = {canonicalize_name(extra, validate=True) for extra in requirement.extras}
    except (InvalidRequirement, InvalidName):
        raise ValueError(f"{text!r} is no name of a Python distribution") from None
    if requirement.url is not None:
        raise ValueError(f"{text!r} names an address; name a distribution of the package index")
    return f"{name}[{','.join(sorted(extras))}]" if extras else name


def _npm_name(text: str) -> str:
    found = _NPM.fullmatch(text)
    if not found or len(found["name"]) > _NPM_LENGTH:
        # Capitals are refused too: names with them are other, older packages.
        raise ValueError(f"{text!r} is no name of an npm package")
    if ":" in (found["range"] or "") or "/" in (found["range"] or ""):
        raise ValueError(f"{text!r} names an address; name a package of the registry")
    return found["name"]
