"""Writes the JSON Schema of every artifact: `python -m core.json_schemas docs/schemas`."""

import json
import sys
from pathlib import Path

from core.artifacts.base import Artifact
from core.artifacts.build_outcome import BuildOutcome
from core.artifacts.decisions import Decisions
from core.artifacts.inbox import InboxLook
from core.layout import ARTIFACT_TYPES, DECISIONS, INBOX_LOOK

OTHER_TYPES: dict[str, tuple[type[Artifact], str]] = {
    "build-outcome": (BuildOutcome, "what events and artifacts of Prefect's tell of a build"),
    DECISIONS: (Decisions, f"{DECISIONS} of a build in which a person was asked"),
    INBOX_LOOK: (InboxLook, f"{INBOX_LOOK} of the artifact store"),
}
"""Documents that no stage of a build writes, and what each is."""


def artifact_schemas() -> dict[str, str]:
    """The text of every schema file, by file name."""
    texts: dict[str, str] = {}
    types = {path: (kind, f"{path} of a build") for path, kind in ARTIFACT_TYPES.items()}
    for path, (artifact_type, comment) in {**types, **OTHER_TYPES}.items():
        schema = artifact_type.model_json_schema()
        schema["$comment"] = comment
        name = path.rsplit("/", 1)[-1].removesuffix(".json")
        texts[f"{name}.schema.json"] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    return texts


def write_schemas(folder: Path) -> None:
    """Write every schema into a folder, and remove schemas of artifacts that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = artifact_schemas()
    for stale in folder.glob("*.schema.json"):
        if stale.name not in texts:
            stale.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]))
