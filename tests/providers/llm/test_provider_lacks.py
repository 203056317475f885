"""What keeps a provider from being asked, and what that means for the demo model."""

import pytest

from core.errors import ConfigurationError
from core.settings import DemoMode
from providers.llm.catalogue import DEMO
from providers.llm.provider_lacks import ProviderLack, demo_stands_in, provider_lacks
from providers.secrets.environment import EnvironmentSecrets
from tests.providers.llm.routing_samples import catalogue_of, provider_row


class BrokenSecrets(EnvironmentSecrets):
    """A source that cannot be asked."""

    def get(self, name: str) -> str | None:
        raise ConfigurationError(f"{name} cannot be read")


def test_each_provider_says_what_it_lacks() -> None:
    lacks = provider_lacks(
        catalogue_of(
            [
                provider_row("whole"),
                provider_row("keyless", key_required=False),
                provider_row("locked"),
                provider_row("off", enabled=False),
                provider_row("closed", gone="it closed", instead="whole/m"),
                provider_row("local", base_url="", base_url_variable="LOCAL_URL"),
            ]
        ),
        EnvironmentSecrets({"WHOLE_KEY": "k", "OFF_KEY": "k"}),
    )
    assert {name for name, lack in lacks.items() if lack is None} == {"whole", "keyless", DEMO}
    assert "LOCKED_KEY is not set: looked in" in str(lacks["locked"])
    assert str(lacks["off"]) == "it is switched off in the catalogue"
    assert str(lacks["closed"]) == "it closed"
    assert str(lacks["local"]) == "LOCAL_URL is not set: it has no default"


@pytest.mark.parametrize(
    ("demo_mode", "lack", "demo"),
    [
        ("auto", ProviderLack("KEY", "nowhere"), True),
        ("auto", None, False),
        ("disabled", ProviderLack("KEY", "nowhere"), False),
        ("forced", None, True),
    ],
)
def test_the_demo_model_stands_in(
    demo_mode: DemoMode, lack: ProviderLack | None, demo: bool
) -> None:
    assert demo_stands_in(demo_mode, {"one": lack, DEMO: None}) is demo


def test_a_key_that_could_not_be_looked_up_is_no_reason_for_the_demo() -> None:
    lacks = provider_lacks(catalogue_of([provider_row("one")]), BrokenSecrets({}))
    assert lacks["one"] == ProviderLack("ONE_KEY", "ONE_KEY cannot be read", failed=True)
    assert not demo_stands_in("auto", lacks)
    assert "ONE_KEY could not be looked up: " in str(lacks["one"])
