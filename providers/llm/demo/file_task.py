"""The coder's question about one file, and what its answer may use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from core.artifacts.schema import Schema
from core.artifacts.structure import FileContract
from providers.llm.demo.blocks import PromptBlocks, refuse
from providers.llm.demo.documents import ModuleTests, ProjectFacts, SourceFiles
from providers.llm.demo.entity_view import EntityView, view_of
from providers.llm.demo.source_layout import imported


@dataclass(frozen=True)
class FileTask:
    """One file to write, with everything that is known for it."""

    project: ProjectFacts
    file: FileContract
    brief: str
    schema: Schema
    sources: SourceFiles
    tests: ModuleTests

    @classmethod
    def read(cls, blocks: PromptBlocks) -> "FileTask":
        """Read the blocks of a coder prompt."""
        return cls(
            project=blocks.model("project", ProjectFacts),
            file=blocks.model("file", FileContract),
            brief=blocks.text("brief"),
            schema=blocks.model("schema", Schema),
            sources=blocks.model("sources", SourceFiles),
            tests=blocks.model("tests", ModuleTests),
        )

    def entity(self) -> EntityView:
        """The entity the file is about.

        Raises:
            RequestRefusedError: the contract names none, or the schema lacks it or one it
                points to.
        """
        if not self.file.entities:
            refuse(f"the contract of {self.file.path!r} names no entity; name the one it is about")
        return self._view(self.file.entities[0])

    def entities(self) -> list[EntityView]:
        """All entities the contract names."""
        return [self._view(name) for name in self.file.entities]

    def _view(self, name: str) -> EntityView:
        view = view_of(self.schema, name)
        if view is None:
            refuse(
                f"the coder prompt for {self.file.path!r} forgot the entity {name!r}, or one it "
                "points to, in its data block 'schema'"
            )
        return view

    def exports(self) -> tuple[str, ...]:
        """Names the contract promises."""
        return tuple(item.name for item in self.file.exports)

    def offered(self, path: str) -> frozenset[str]:
        """Names the contract allows to be imported from a file."""
        return frozenset(
            symbol for item in self.file.imports if item.path == path for symbol in item.symbols
        )

    def imports(self, needed: Iterable[tuple[str, Sequence[str]]]) -> list[str]:
        """Import lines for what the file needs of other files, sorted by module.

        Args:
            needed: path of a file and the names needed of it.

        Raises:
            RequestRefusedError: the contract does not import a name, or the prompt has none of
                the files that the contract imports (some may be left out where there are many).
        """
        self._require_sources()
        lines: list[str] = []
        for path, symbols in sorted(needed):
            missing = [name for name in symbols if name not in self.offered(path)]
            if missing:
                refuse(
                    f"the contract of {self.file.path!r} does not import {', '.join(missing)} "
                    f"from {path!r}, which the file needs"
                )
            if symbols:
                lines.append(imported(dotted(path), symbols))
        return lines

    def _require_sources(self) -> None:
        imported_paths = {item.path for item in self.file.imports}
        if imported_paths and not imported_paths & {item.path for item in self.sources.files}:
            refuse(
                f"the coder prompt for {self.file.path!r} forgot the files it imports "
                f"({', '.join(sorted(imported_paths))}) in its data block 'sources'"
            )


def dotted(path: str) -> str:
    """Module of a Python file: `app/main.py` is `app.main`."""
    return ".".join(PurePosixPath(path).with_suffix("").parts)


def import_block(*groups: Iterable[str]) -> str:
    """Join groups of import lines, a blank line between groups; empty groups leave nothing."""
    return "\n\n".join("\n".join(lines) for group in groups if (lines := list(group)))
