"""Settings of publishing to GitHub."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class GitHubSettings(BaseModel):
    """Where builds are published on GitHub; the token is a secret, `GITHUB_TOKEN`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    owner: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9-]*$",
        max_length=100,
        description="User or organisation that repositories belong to. Empty: the token's user.",
    )
    api: str = Field(
        default="https://api.github.com",
        pattern=r"^(https://[^\s/@]+|http://localhost(:\d+)?)(/\S*[^\s/])?$",
        description="Base URL of the API; of GitHub Enterprise, https://HOST/api/v3.",
    )
    private: bool = Field(default=True, description="Whether new repositories are private.")
    topics: tuple[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,49}$")], ...] = Field(
        default=(),
        description='Topics of new repositories, as a JSON list such as ["internal", "generated"].',
    )
    default_branch: str = Field(
        default="main", pattern=r"^\w[\w.-]*$", description="Default branch of new repositories."
    )
    app_id: int = Field(
        default=0,
        ge=0,
        description="Id of a GitHub App that publishes in place of a token; its private key is the "
        "secret GITHUB_APP_PRIVATE_KEY. 0: a token does.",
    )
    app_installation_id: int = Field(
        default=0, ge=0, description="Id of the app's installation at the owner."
    )
    allowed_findings: tuple[Annotated[str, Field(pattern="^[0-9a-f]{16}$")], ...] = Field(
        default=(),
        description="Findings of the scan for secrets that are none: the fingerprints it shows, as "
        "a JSON list.",
    )

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        given = (bool(self.app_id), bool(self.app_installation_id))
        if any(given) and not (all(given) and self.owner):
            raise ValueError("an app needs app_id, app_installation_id and owner")
        if self.default_branch in ("build", "review"):
            raise ValueError("default_branch: builds have branches below 'build' and 'review'")
        return self
