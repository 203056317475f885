"""Reads projects' pages of Python package indexes: PEP 691 (JSON) and PEP 503 (HTML)."""

from html.parser import HTMLParser

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version
from pydantic import BaseModel, Field, ValidationError

from core.artifacts.packages import Release
from providers.package_index.index_client import IndexSilentError, Page

JSON = "application/vnd.pypi.simple.v1+json"
ACCEPT = f"{JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


class _File(BaseModel):
    filename: str
    requires_python: str | None = Field(default=None, alias="requires-python")
    yanked: bool | str = False


class _Project(BaseModel):
    files: tuple[_File, ...] = ()


def releases_on(page: Page) -> tuple[Release, ...]:
    """The releases that a project's page has files of.

    Raises:
        IndexSilentError: the page is malformed.
    """
    if page.content_type == JSON:
        try:
            files = _Project.model_validate_json(page.body).files
        except ValidationError:
            raise IndexSilentError("its answer is malformed") from None
    else:
        reader = _Anchors()
        reader.feed(page.body.decode(errors="replace"))
        reader.close()
        files = tuple(reader.files)
    return _releases(files)


def _releases(files: tuple[_File, ...]) -> tuple[Release, ...]:
    by_version: dict[Version, list[_File]] = {}
    for file in files:
        version = _version_of(file.filename)
        if version is not None:
            by_version.setdefault(version, []).append(file)
    return tuple(
        Release(
            version=str(version),
            runs_on=next((file.requires_python for file in group if file.requires_python), ""),
            withdrawn=all(file.yanked is not False for file in group),
            installable=any(
                file.filename.endswith(".whl") and file.yanked is False for file in group
            ),
        )
        for version, group in sorted(by_version.items())
    )


def _version_of(filename: str) -> Version | None:
    """The version of a distribution's file; eggs, installers and the like have none here."""
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)[1]
        return parse_sdist_filename(filename)[1]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None


class _Anchors(HTMLParser):
    """Collects the files of a page in HTML: one anchor each, whose text is the file's name."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[_File] = []
        self._attributes: dict[str, str | None] | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._attributes, self._text = dict(attrs), ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._attributes is not None:
            self.files.append(
                _File.model_validate(
                    {
                        "filename": self._text.strip(),
                        "requires-python": self._attributes.get("data-requires-python"),
                        "yanked": "data-yanked" in self._attributes,
                    }
                )
            )
            self._attributes = None
