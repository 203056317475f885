"""Reads packages' documents of npm registries, in the form that installers are given."""

from pydantic import BaseModel, Field, ValidationError
from semantic_version import Version  # pyright: ignore[reportMissingTypeStubs] -- it has none

from core.artifacts.packages import Release
from providers.package_index.index_client import IndexSilentError, Page

ACCEPT = "application/vnd.npm.install-v1+json, application/json;q=0.5"


class _Manifest(BaseModel):
    engines: object = None
    deprecated: str | bool = False


class _Document(BaseModel):
    tags: dict[str, str] = Field(default_factory=dict, alias="dist-tags")
    versions: dict[str, _Manifest] = Field(default_factory=dict)


def releases_in(page: Page) -> tuple[Release, ...]:
    """The releases up to the one that is tagged `latest`, which npm installs by itself.

    Those beyond it are previews, whatever their number says.

    Raises:
        IndexSilentError: the document is malformed.
    """
    try:
        document = _Document.model_validate_json(page.body)
    except ValidationError:
        raise IndexSilentError("its answer is malformed") from None
    latest = _parsed(document.tags.get("latest", ""))
    found = ((text, _parsed(text), manifest) for text, manifest in document.versions.items())
    return tuple(
        Release(
            version=text,
            runs_on=_node(manifest.engines),
            withdrawn=bool(manifest.deprecated),
        )
        for text, version, manifest in found
        if version is not None and (latest is None or version <= latest)
    )


def _parsed(text: str) -> Version | None:
    try:
        return Version(text)
    except ValueError:
        return None


def _node(engines: object) -> str:
    """The versions of Node that a release names; old ones have lists and other forms."""
    if not isinstance(engines, dict):
        return ""
    node: object = engines.get("node")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] -- of any
    return node if isinstance(node, str) else ""
