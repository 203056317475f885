"""What a package index says about a package."""

from typing import Literal

from core.artifacts.base import Part

Ecosystem = Literal["python", "npm", "go"]


class Release(Part):
    """One version of a package.

    Attributes:
        version: as the index spells it.
        runs_on: versions of the interpreter it works with: `requires-python` as PEP 440 has it, or
            `engines.node` as npm has it; empty for any.
        withdrawn: its authors advise against it: yanked, or deprecated.
        installable: whether it installs without running code of its own; of Python packages those
            with a wheel do.
    """

    version: str
    runs_on: str = ""
    withdrawn: bool = False
    installable: bool = True


class PackageListing(Part):
    """What is known of one name.

    Attributes:
        name: in its canonical spelling.
        status: `found`, `missing` where the index has no such name, `unknown` where it could not
            be asked.
        reason: why it is unknown, in a sentence without its full stop.
        releases: every version; empty where it is not known which there are.
    """

    name: str
    ecosystem: Ecosystem
    status: Literal["found", "missing", "unknown"]
    reason: str = ""
    releases: tuple[Release, ...] = ()
