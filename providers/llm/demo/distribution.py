"""The generated application as a Python distribution: its name, and the versions it needs."""

from collections.abc import Iterable

_RANGES = {
    "fastapi": "fastapi>=0.139,<1",
    "httpx2": "httpx2>=2,<3",
    "pytest": "pytest>=8.4,<10",
    "sqlalchemy": "sqlalchemy>=2.0.40,<3",
    "uvicorn": "uvicorn>=0.34,<1",
}
"""Versions the generated code was tried with; a package not named here is taken as it comes."""


def requirement(name: str) -> str:
    """A dependency with the range of its versions."""
    return _RANGES.get(name, name)


def package_name(slug: str, dependencies: Iterable[str]) -> str:
    """Name of the Python distribution; one that needed itself could not be installed."""
    known = {name.lower().replace("_", "-") for name in dependencies} | _INDIRECT
    return f"{slug}-app" if slug in known else slug


_INDIRECT = {
    "annotated-doc",
    "annotated-types",
    "anyio",
    "certifi",
    "click",
    "fastapi",
    "greenlet",
    "h11",
    "hatchling",
    "httpcore",
    "httpcore2",
    "httpx",
    "httpx2",
    "idna",
    "iniconfig",
    "opentelemetry-api",
    "packaging",
    "pathspec",
    "pluggy",
    "pydantic",
    "pydantic-core",
    "pygments",
    "pytest",
    "sniffio",
    "sqlalchemy",
    "starlette",
    "trove-classifiers",
    "truststore",
    "typing-extensions",
    "typing-inspection",
    "uvicorn",
}
"""Packages that the generated project's own dependencies bring along or are built with."""
