"""Which variables of the developer's environment no test may see."""

from providers.llm.catalogue import read_catalogue_rows

_OURS = ("APP_BUILDER_", "MODEL_ROUTER_")


def _of_providers() -> frozenset[str]:
    """Variables of keys and base URLs that the catalogue names, each with its `_FILE`."""
    fields = ("key_variable", "base_url_variable")
    names = [row[field] for row in read_catalogue_rows() for field in fields if field in row]
    return frozenset(variant for name in names for variant in (name, f"{name}_FILE"))


OF_PROVIDERS = _of_providers()


def is_the_developers(name: str) -> bool:
    """Whether a variable is a setting of this project, or leads to a model or its key."""
    return name.startswith(_OURS) or name in OF_PROVIDERS
