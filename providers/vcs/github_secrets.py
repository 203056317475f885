"""Names of the secrets with which builds are published to GitHub."""

TOKEN = "GITHUB_TOKEN"  # noqa: S105 -- the secret's name
APP_KEY = "GITHUB_APP_PRIVATE_KEY"

SECRET_BLOCKS = {TOKEN: "github-token", APP_KEY: "github-app-private-key"}
"""Names of the Prefect secret blocks that hold them."""
