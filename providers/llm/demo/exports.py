"""The kinds of names that a contract promises, as they stand in the source."""

from core.artifacts.structure import Export


def function(name: str, signature: str) -> Export:
    """An exported function; the signature is what stands between `def` and the colon."""
    return Export(name=name, kind="function", signature=f"def {signature}")


def class_(name: str, base: str = "") -> Export:
    """An exported class."""
    return Export(name=name, kind="class", signature=f"class {name}({base})" if base else "")


def constant(name: str) -> Export:
    """An exported constant or instance."""
    return Export(name=name, kind="constant", signature=f"{name} = ")


def type_(name: str) -> Export:
    """An exported type alias."""
    return Export(name=name, kind="type", signature=f"{name} = ")
