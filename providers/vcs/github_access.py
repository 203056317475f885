"""Opens an account on GitHub with what the settings and the secrets say."""

from github import Auth

from core.errors import ConfigurationError
from core.secrets import SecretSource
from core.settings import GitHubSettings
from providers.vcs.github_account import GitHubAccount
from providers.vcs.github_secrets import APP_KEY, TOKEN


def open_account(settings: GitHubSettings, secrets: SecretSource) -> GitHubAccount:
    """The account that builds are published to; nothing is asked of GitHub yet.

    Raises:
        ConfigurationError: there is no token, or no private key of the app that signs.
    """
    return GitHubAccount(
        _auth(settings, secrets),
        owner=settings.owner,
        api=settings.api,
        private=settings.private,
        topics=settings.topics,
        default_branch=settings.default_branch,
    )


def _auth(settings: GitHubSettings, secrets: SecretSource) -> Auth.Auth:
    if settings.app_id:
        key = _secret(secrets, APP_KEY, "the private key of the GitHub App")
        app = Auth.AppAuth(settings.app_id, key)
        _check_signing(app)
        return app.get_installation_auth(settings.app_installation_id)
    return Auth.Token(_secret(secrets, TOKEN, "a token that may create repositories and push"))


def _check_signing(app: Auth.AppAuth) -> None:
    """Sign once, so that a key which is none is found before anything is spent."""
    try:
        _ = app.token
    except Exception as error:  # of PyJWT or cryptography, with no root in common
        raise ConfigurationError(
            f"the secret {APP_KEY} is no private key that signs ({type(error).__name__}); give it "
            "the whole PEM file that GitHub made for the app, line breaks included"
        ) from None


def _secret(secrets: SecretSource, name: str, what: str) -> str:
    value = secrets.get(name)
    if not value:
        places = ", ".join(secrets.places(name))
        raise ConfigurationError(
            f"publishing to GitHub needs {what}, {name}; looked in {places}. Set it, or publish to "
            "'local' or 'none'"
        )
    return value
