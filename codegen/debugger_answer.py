"""Reads a debugger's answer, and applies it to the repository it was shown."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from codegen.code_blocks import without_reasoning
from codegen.edits.applying import apply_edits
from codegen.edits.edit import Edits, Replacement
from codegen.edits.reading import read_edits
from codegen.guarded_files import refuse_rigging
from codegen.manifests import refuse_undeclared_modules
from codegen.mended_files import refuse_breach, refuse_broken
from core.artifacts.structure import Dependency, FileContract

_CAUSE_CHARACTERS = 300
_SENTENCE = re.compile(r"[^`<].*\w[,;:]? \w.*")


@dataclass(frozen=True)
class Proposal:
    """What an answer comes to.

    Attributes:
        answer: the answer itself.
        cause: its first sentence, on one line.
        changed: new texts by path, `None` for a file that goes; empty if nothing shall change.
        no_change: why nothing shall; empty if something does.
    """

    answer: str
    cause: str
    changed: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    no_change: str = ""


def read_proposal(
    answer: str,
    texts: Mapping[str, str],
    *,
    shown: Collection[str],
    protected: Collection[str],
    contracts: Mapping[str, FileContract],
    dependencies: Iterable[Dependency],
) -> Proposal:
    """Apply an answer to the texts of a repository, all of it or nothing.

    Args:
        answer: what the model said.
        texts: every file of the repository by its path.
        shown: files that the model was shown; others may be added to, never overwritten or removed.
        protected: files that must stay as they are.
        contracts: those that there are, by path.
        dependencies: packages that are declared.

    Raises:
        ValueError: it cannot be read or applied, leaves a file broken or a promise unkept, or
            changes how tests run or what is installed; fit to be shown to the model.
    """
    edits = read_edits(answer, texts)
    if edits.no_change:
        return Proposal(answer, " ".join(edits.no_change.split()), no_change=edits.no_change)
    _refuse_blind(edits, texts, shown)
    changed = {
        path: text
        for path, text in apply_edits(texts, edits, protected).items()
        if text is None or texts.get(path) != text
    }
    if not changed:
        raise ValueError("the answer changes nothing: every file is as it was")
    _refuse_changes(texts, changed, contracts, tuple(dependencies))
    return Proposal(answer, _cause(answer), changed)


def _refuse_changes(
    texts: Mapping[str, str],
    changed: Mapping[str, str | None],
    contracts: Mapping[str, FileContract],
    dependencies: Sequence[Dependency],
) -> None:
    try:
        refuse_rigging(texts, changed)
        for path, text in changed.items():
            refuse_undeclared_modules(path, text or "", dependencies)
        refuse_broken(texts, changed, contracts)
        refuse_breach(texts, changed, contracts)
    except (RecursionError, MemoryError) as error:
        named = ", ".join(map(repr, changed))
        raise ValueError(
            f"nothing was changed, because afterwards one of {named} is nested too deeply to be "
            "read: split its longest expression or chain of branches into several"
        ) from error


def _refuse_blind(edits: Edits, texts: Mapping[str, str], shown: Collection[str]) -> None:
    blind = [
        f"- {edit.path!r} (line {edit.place} of the answer): is there, but was not shown; only "
        "lines of it can be replaced"
        for edit in edits.edits
        if edit.path in texts and edit.path not in shown and not isinstance(edit, Replacement)
    ]
    if blind:
        raise ValueError("\n".join(["nothing was changed:", *blind]))


def _cause(answer: str) -> str:
    for line in without_reasoning(answer).splitlines():
        text = line.strip()
        if _SENTENCE.fullmatch(text):
            return " ".join(text.split())[:_CAUSE_CHARACTERS]
    return ""
