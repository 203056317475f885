"""Opening an account on GitHub: a token, or an app; never without what it needs."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from github import Auth

from core.errors import ConfigurationError
from core.settings import GitHubSettings
from providers.vcs.github_access import open_account


class Given:
    """Secrets that are given."""

    def __init__(self, **secrets: str) -> None:
        self._secrets = secrets

    def get(self, name: str) -> str | None:
        """The secret."""
        return self._secrets.get(name)

    def places(self, name: str) -> tuple[str, ...]:
        """Where it would be."""
        return (f"the variable {name}",)


def test_a_token_opens_the_account_that_the_settings_name() -> None:
    settings = GitHubSettings(
        owner="acme",
        api="https://ghe.example/api/v3",
        private=False,
        topics=("internal",),
        default_branch="trunk",
    )
    account = open_account(settings, Given(GITHUB_TOKEN="ghp_x"))
    assert isinstance(account.auth, Auth.Token)
    assert (account.owner, account.api, account.private) == ("acme", settings.api, False)
    assert (account.topics, account.default_branch) == (("internal",), "trunk")
    assert "ghp_x" not in repr(account)


def test_an_app_opens_it_with_its_key() -> None:
    settings = GitHubSettings(owner="acme", app_id=1, app_installation_id=2)
    account = open_account(settings, Given(GITHUB_APP_PRIVATE_KEY=private_key()))
    assert isinstance(account.auth, Auth.AppInstallationAuth)
    assert account.auth.installation_id == 2


def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize("wrong", ["no key", "-----BEGIN RSA PRIVATE KEY-----\\nMIIE\\n"])
def test_a_key_of_the_app_that_does_not_sign_is_refused_before_anything_is_spent(
    wrong: str,
) -> None:
    settings = GitHubSettings(owner="acme", app_id=1, app_installation_id=2)
    with pytest.raises(
        ConfigurationError, match="GITHUB_APP_PRIVATE_KEY is no private key"
    ) as told:
        open_account(settings, Given(GITHUB_APP_PRIVATE_KEY=wrong))
    assert wrong not in str(told.value)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (GitHubSettings(), "GITHUB_TOKEN"),
        (GitHubSettings(owner="a", app_id=1, app_installation_id=2), "GITHUB_APP_PRIVATE_KEY"),
    ],
)
def test_what_is_missing_is_named_with_where_it_was_looked_for(
    settings: GitHubSettings, name: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"needs .* {name}; looked in the variable {name}"):
        open_account(settings, Given())


@pytest.mark.parametrize(
    "wrong",
    [
        {"app_id": 1},
        {"app_id": 1, "app_installation_id": 2},
        {"api": "ftp://x"},
        {"api": "https://token@host/api"},
        {"owner": "a/b"},
        {"topics": ["Not lower case"]},
        {"default_branch": "--all"},
        {"default_branch": "review"},
    ],
)
def test_settings_that_do_not_go_together_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"app needs|pattern|below 'build'"):
        GitHubSettings.model_validate(wrong)
