"""Tells whether an imported package is among the declared dependencies."""

import re
from collections.abc import Iterable

from core.artifacts.structure import Dependency

_MODULES = {
    "argon2": "argon2-cffi",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "Crypto": "pycryptodome pycryptodomex",
    "cv2": "opencv-python opencv-python-headless opencv-contrib-python",
    "dateutil": "python-dateutil",
    "decouple": "python-decouple",
    "discord": "discord.py py-cord",
    "docx": "python-docx",
    "dns": "dnspython",
    "dotenv": "python-dotenv",
    "email_validator": "email-validator pydantic",
    "fitz": "pymupdf",
    "git": "gitpython",
    "github": "pygithub",
    "google.oauth2": "google-auth",
    "google.protobuf": "protobuf",
    "grpc": "grpcio",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "kafka": "kafka-python",
    "ldap3": "ldap3",
    "magic": "python-magic",
    "markdown_it": "markdown-it-py",
    "multipart": "python-multipart",
    "MySQLdb": "mysqlclient",
    "nacl": "pynacl",
    "OpenSSL": "pyopenssl",
    "osgeo": "gdal",
    "PIL": "pillow",
    "pkg_resources": "setuptools",
    "pptx": "python-pptx",
    "psycopg2": "psycopg2 psycopg2-binary",
    "pymysql": "pymysql",
    "rest_framework": "djangorestframework",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify awesome-slugify",
    "socketio": "python-socketio",
    "telegram": "python-telegram-bot",
    "usb": "pyusb",
    "websocket": "websocket-client",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}
"""Python modules whose distribution goes by another name, from the distributions' pages."""

_PART_OF = {
    "fastapi": "starlette pydantic",
    "sqlmodel": "sqlalchemy pydantic",
    "flask": "werkzeug jinja2 click markupsafe itsdangerous",
    "httpx": "httpcore",
    "pydantic-settings": "pydantic",
    "pytest-asyncio": "pytest",
    "pytest-cov": "pytest",
    "django": "asgiref",
    "typer": "click",
    "prefect": "pydantic",
    "vitest": "vite",
    "@sveltejs/kit": "svelte",
    "@jest/globals": "jest",
    "jest": "@jest/globals",
    "react-dom": "react",
    "next": "react react-dom",
}
"""Packages that come with another and are part of how it is used, by its own documentation."""


def declares(dependencies: Iterable[Dependency], module: str, ecosystem: str) -> bool:
    """Whether a module is brought by a declared dependency.

    Args:
        dependencies: what the structure declares.
        module: a Python module (`google.cloud.storage`), an npm package (`@scope/name`) or a Go
            package (`github.com/gin-gonic/gin/binding`).
        ecosystem: `python`, `npm` or `go`.
    """
    names = {item.name.strip() for item in dependencies if item.ecosystem == ecosystem}
    if ecosystem == "go":
        return any(module == name or module.startswith(f"{name}/") for name in names)
    if ecosystem == "npm":
        brought = {part for name in names for part in _PART_OF.get(name, "").split()}
        types = "@types/" + module.removeprefix("@").replace("/", "__")
        return module in names | brought or types in names
    plain = {canonical(name) for name in names}
    plain |= {part for name in plain for part in _PART_OF.get(name, "").split()}
    return bool(plain & _distributions(module)) or _is_namespace_of(module, plain)


def canonical(name: str) -> str:
    """A distribution's name as PEP 503 compares it, without extras and versions."""
    bare = re.split(r"[\[<>=!~; @]", name, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", bare).lower()


def _distributions(module: str) -> set[str]:
    """Names that a distribution of this module may have."""
    first = module.partition(".")[0]
    bare = canonical(first)
    known = {
        name
        for key, names in _MODULES.items()
        if module == key or module.startswith(f"{key}.")
        for name in names.split()
    }
    plain = bare.strip("-")
    return known | {bare, f"python-{plain}", f"py{plain}", f"{plain}-python", f"py-{plain}"}


def _is_namespace_of(module: str, names: set[str]) -> bool:
    """Whether it lies in a namespace that distributions share, or is a plug-in's own module.

    `google.cloud.storage` comes with `google-cloud-storage`, `flask_sqlalchemy` with
    `flask-sqlalchemy`.
    """
    parts = [canonical(part) for part in module.split(".")]
    if len(parts) < 2:
        return False
    return any("-".join(parts[:size]) in names for size in range(2, len(parts) + 1))
