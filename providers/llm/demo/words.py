"""English word forms, and names in the spellings that code uses."""

import re

from slugify import slugify

_IRREGULAR = {"child": "children", "man": "men", "person": "people", "woman": "women"}
_SINGULAR = {plural: singular for singular, plural in _IRREGULAR.items()}
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_APOSTROPHE = re.compile(r"['’`]")


def words_of(text: str) -> list[str]:
    """Split text of any script into words of ASCII letters and digits, capitals kept.

    Camel case is split too. Text without a letter or digit, such as an emoji, has no words.
    """
    split = _HUMP.sub(" ", _APOSTROPHE.sub("", text))
    slug = slugify(split, lowercase=False)
    return slug.split("-") if slug else []


def snake_case(name: str) -> str:
    """Spell a name in Pascal case the way modules are named: `DueDate` is `due_date`."""
    return _HUMP.sub("_", name).lower()


def pascal_case(name: str) -> str:
    """Spell a name in snake case the way classes are named: `due_date` is `DueDate`."""
    return "".join(map(capital, name.split("_")))


def human(name: str) -> str:
    """Spell a name for people: `DueDate` and `due_date` are `Due date`."""
    return capital(snake_case(name).replace("_", " "))


def plural(name: str) -> str:
    """Plural of the last word of a name in lower case; one that looks plural stays as it is."""
    stem, word = _last_word(name)
    if word in _IRREGULAR:
        return stem + _IRREGULAR[word]
    if _looks_plural(word):
        return name
    if re.search(r"[^aeiou]y$", word):
        return f"{name[:-1]}ies"
    if re.search(r"(s|x|z|ch|sh)$", word):
        return f"{name}es"
    return f"{name}s"


def singular(name: str) -> str:
    """Singular of the last word of a name in lower case."""
    stem, word = _last_word(name)
    if word in _SINGULAR:
        return stem + _SINGULAR[word]
    if not _looks_plural(word):
        return name
    if word.endswith("ies") and len(word) > 4:
        return f"{name[:-3]}y"
    if re.search(r"(ss|x|z|ch|sh)es$", word):
        return name[:-2]
    return name[:-1]


def capital(text: str) -> str:
    """Begin a text with a capital letter."""
    return text[:1].upper() + text[1:]


def with_article(text: str) -> str:
    """Put `a` or `an` before a word."""
    return f"{'an' if text[:1].lower() in 'aeiou' else 'a'} {text}"


def _looks_plural(word: str) -> bool:
    return word in _SINGULAR or bool(re.search(r"[^sui]s$", word) and len(word) > 2)


def _last_word(name: str) -> tuple[str, str]:
    found = re.search(r"[a-z0-9]+$", name)
    return (name[: found.start()], found[0]) if found else (name, "")
