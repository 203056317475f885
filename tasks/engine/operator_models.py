"""The models that the operator chose for all builds, as Prefect keeps them."""

from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.variables import Variable
from pydantic import TypeAdapter, ValidationError

from core.errors import AppBuilderError, ConfigurationError, StorageError
from tasks.engine.secret_blocks import RETRIES

MODELS_VARIABLE = "app_builder_models"
"""Prefect variable with the operator's models: a JSON object like the option `models`."""


async def operator_models() -> dict[str, str]:
    """Models by stage, which an option `models` of a build's own outdoes; empty where none are set.

    Raises:
        ConfigurationError: the variable holds something else.
    """
    value: object = await Variable.aget(MODELS_VARIABLE, default=None)
    if value is None:
        return {}
    try:
        return TypeAdapter(dict[str, str]).validate_python(value)
    except ValidationError:
        raise ConfigurationError(
            f"the Prefect variable {MODELS_VARIABLE} holds {value!r}; it must be a JSON object "
            'such as {"3": "deepseek/deepseek-v3"}'
        ) from None


async def operator_models_if_known() -> dict[str, str]:
    """The same, for who only looks; empty where no server is configured.

    There a build starts a server of its own, with variables of its own.

    Raises:
        ConfigurationError: the variable holds something else.
        StorageError: the server that is configured does not answer.
    """
    url = PREFECT_API_URL.value()
    if not url:
        return {}
    try:
        with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: RETRIES}):
            return await operator_models()
    except AppBuilderError:
        raise
    except Exception as error:  # of the HTTP library, and what cannot be parsed
        raise StorageError(
            f"the Prefect variable {MODELS_VARIABLE} cannot be read: the Prefect API at {url!r} "
            f"does not answer ({type(error).__name__}); is the server running?"
        ) from error
