"""Reads the data blocks of a prompt, and says what a prompt forgot."""

from collections.abc import Mapping
from typing import NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from core.errors import RequestRefusedError
from core.fence import read_fenced

DEMO = "demo"

_Model = TypeVar("_Model", bound=BaseModel)


def refuse(message: str) -> NoReturn:
    """Refuse a prompt.

    Raises:
        RequestRefusedError: always.
    """
    raise RequestRefusedError(message, provider=DEMO, model=DEMO)


class PromptBlocks:
    """The data blocks of one prompt, read by name.

    Attributes:
        template: name of the template the prompt was rendered from.
    """

    def __init__(self, template: str, prompt: str) -> None:
        self.template = template
        self._blocks: Mapping[str, str] = read_fenced(prompt)

    def __contains__(self, name: str) -> bool:
        """Whether the prompt has a block of this name."""
        return name in self._blocks

    def text(self, name: str) -> str:
        """Text of a block.

        Raises:
            RequestRefusedError: the prompt has no such block.
        """
        if name not in self._blocks:
            there = ", ".join(sorted(self._blocks)) or "none"
            refuse(
                f"the {self.template} prompt forgot the data block {name!r} (it has: {there}); "
                "write it into the template"
            )
        return self._blocks[name]

    def model(self, name: str, model: type[_Model]) -> _Model:
        """A block read as a document.

        Raises:
            RequestRefusedError: there is no such block, or it is another kind of document.
        """
        text = self.text(name)
        try:
            return model.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "the top"
            refuse(
                f"the {self.template} prompt's data block {name!r} is no {model.__name__}: "
                f"at {place}: {first['msg']}"
            )
