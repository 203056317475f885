"""Where a build is published, as its options and the settings say."""

from pathlib import Path

from core.options import BuildOptions
from core.options import Publisher as PublisherName
from core.settings import Settings
from providers.secrets.chain import SecretChain
from providers.vcs.local_publisher import LocalPublisher
from providers.vcs.publisher import Publisher


def open_publisher(
    settings: Settings, options: BuildOptions, secrets: SecretChain
) -> Publisher | None:
    """The publisher of a build; `None` where it is published nowhere.

    Args:
        settings: the operator's settings.
        options: the build's options.
        secrets: where a token may be; what it gave out is kept from what is published.

    Raises:
        ConfigurationError: it needs a token or a key, and there is none.
    """
    match options.publisher:
        case PublisherName.NONE:
            return None
        case PublisherName.LOCAL:
            return LocalPublisher(local_repositories(settings))
        case PublisherName.GITHUB:
            # Here, because GitHub's library takes 20 MB and most of a second.
            from providers.vcs.github import GitHubPublisher
            from providers.vcs.github_access import open_account

            return GitHubPublisher(
                open_account(settings.github, secrets),
                held=secrets.given_out,
                allowed=settings.github.allowed_findings,
            )


def local_repositories(settings: Settings) -> Path:
    """Folder of the repositories that are published on this machine."""
    return settings.root / "repositories"
