"""What a prompt says to the playback: its template and its data blocks."""

import json
from collections.abc import Mapping
from typing import NoReturn

from core.errors import RequestRefusedError
from tests.gold.contracts import Document


class Prompt:
    """A rendered prompt, read back.

    Attributes:
        template: name of its template.
    """

    def __init__(self, template: str, blocks: Mapping[str, str]) -> None:
        self.template = template
        self._blocks = blocks

    @property
    def about(self) -> str:
        """The file or module it asks about; empty where it asks about the whole product."""
        if "file" in self._blocks:
            return self.document("file")["path"]
        if "module" in self._blocks:
            return self.document("module")["name"]
        if "asked" in self._blocks:
            return ",".join(self.document("asked")["names"])
        return ""

    def __contains__(self, name: str) -> bool:
        """Whether it has a data block of this name."""
        return name in self._blocks

    def text(self, name: str) -> str:
        """A data block."""
        if name not in self._blocks:
            self.forgot(f"the data block {name!r}")
        return self._blocks[name]

    def document(self, name: str) -> Document:
        """A data block that holds a JSON object."""
        return json.loads(self.text(name))

    def require(self, condition: object, what: str) -> None:
        """Refuse the prompt unless it says what the answer needs."""
        if not condition:
            self.forgot(what)

    def forgot(self, what: str) -> NoReturn:
        """Refuse the prompt.

        Raises:
            RequestRefusedError: always.
        """
        about = f" about {self.about!r}" if self.about else ""
        raise RequestRefusedError(f"the {self.template} prompt{about} forgot {what}")
