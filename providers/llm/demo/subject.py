"""Guesses what a product keeps when the questionnaire names no entity."""

import re

from core.artifacts.questionnaire import Entity, EntityField, FieldType, Questionnaire
from providers.llm.demo.words import human, pascal_case, singular, words_of

_VERBS = r"(?:keep|kept|track|manag|list|stor|collect|record|organi[sz]|remember|sav|not|log|plan)"
_KEPT = re.compile(
    rf"\b{_VERBS}\w*\s+(?:(?:a|an|all|and|any|her|his|its|list|log|my|of|our|the|their|track|up|"
    r"which|your)\s+)*(?P<noun>[a-z]{3,24})\b",
    re.IGNORECASE,
)
_CONTAINERS = {
    *("app", "application", "board", "book", "box", "catalog", "catalogue", "diary", "hub"),
    *("inventory", "journal", "keeper", "list", "log", "manager", "organiser", "organizer"),
    *("planner", "register", "service", "store", "system", "tool", "tracker"),
}
_NO_NOUNS = {
    *("every", "everything", "from", "here", "into", "notes", "one", "some", "that", "them"),
    *("there", "these", "they", "things", "this", "those", "what", "where", "with", "you"),
}
_READ_LENGTH = 2_000
"""What a product keeps is said early on, if at all."""


def guess_entity(questionnaire: Questionnaire) -> Entity:
    """Propose the one entity a product is about, with a name and notes.

    It is the first thing the summary or a feature says is kept, listed or tracked; else what the
    product's name calls a list or tracker of; else an item.
    """
    texts = [questionnaire.summary[:_READ_LENGTH]]
    texts += [f"{item.title}. {item.description[:200]}" for item in questionnaire.features[:20]]
    found = (_noun_of(text) for text in texts)
    name = next((noun for noun in found if noun), "") or _from_title(questionnaire.project_name)
    return Entity(
        name=human(pascal_case(name)), description=f"One {name} kept here.", fields=usual_fields()
    )


def usual_fields() -> tuple[EntityField, ...]:
    """The fields of an entity nobody described."""
    return (
        EntityField(name="name", required=True, description="What it is called."),
        EntityField(name="notes", type=FieldType.TEXT, description="Anything worth knowing."),
    )


def _noun_of(text: str) -> str:
    for found in _KEPT.finditer(text):
        noun = found["noun"].lower()
        if noun not in _NO_NOUNS:
            return singular(noun)
    return ""


def _from_title(title: str) -> str:
    words = [word.lower() for word in words_of(title)]
    if words and words[-1] in _CONTAINERS and len(words) > 1:
        noun = singular(words[-2])
        return f"{noun}_entry" if noun.endswith("ing") else noun
    return "item"
