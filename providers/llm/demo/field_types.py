"""What each type of field comes to in the generated code."""

from dataclasses import dataclass

from core.artifacts.questionnaire import FieldType
from core.artifacts.specs import SpecField
from providers.llm.demo.literals import python_string
from providers.llm.demo.words import human


@dataclass(frozen=True)
class FieldCode:
    """A type of field in code; each is Python source.

    Attributes:
        accepted: type in the interface; empty for a choice, whose type is its own.
        shared: whether `accepted` is defined in `app/fields.py`.
        stored: type in a record.
        column: type of the column, where it does not follow from `stored`.
        sample: a valid value; differs with the variable `number` unless `constant`. No sample of
            one number is part of a sample of another: `#` and `@` are in no field's name.
        wrong: a value that is refused; empty for a choice.
        constant: whether the sample is the same for every number.
        text: whether a list's search looks into it.
    """

    accepted: str
    stored: str
    sample: str
    wrong: str
    shared: bool = True
    column: str = ""
    constant: bool = False
    text: bool = False


_CODES = {
    FieldType.STRING: FieldCode(
        "ShortText", "str", 'f"#{{number}} {human}"', '"x" * 256', column="String(255)", text=True
    ),
    FieldType.TEXT: FieldCode(
        "LongText", "str", 'f"#{{number}} {human}"', '"x" * 20_001', column="Text", text=True
    ),
    FieldType.INTEGER: FieldCode("WholeNumber", "int", "number", "0.5", column="BigInteger"),
    FieldType.NUMBER: FieldCode("Number", "float", "number + 0.5", '"plenty"'),
    FieldType.BOOLEAN: FieldCode("bool", "bool", "True", '"perhaps"', shared=False, constant=True),
    FieldType.DATE: FieldCode(
        "dt.date", "dt.date", 'f"2030-01-{{number:02}}"', '"2030-02-30"', shared=False
    ),
    FieldType.DATETIME: FieldCode(
        "Moment",
        "dt.datetime",
        'f"2030-01-{{number:02}}T09:30:00Z"',
        '"yesterday"',
        column="DateTime(timezone=True)",
    ),
    FieldType.EMAIL: FieldCode(
        "Email",
        "str",
        'f"person{{number}}@example.com"',
        '"nobody"',
        column="String(254)",
        text=True,
    ),
    FieldType.URL: FieldCode(
        "WebAddress",
        "str",
        'f"https://example.com/{{number}}"',
        '"nowhere"',
        column="String(2_000)",
        text=True,
    ),
    FieldType.CHOICE: FieldCode(
        "", "str", "", "", shared=False, column="String(500)", constant=True
    ),
}


def code_of(field: SpecField) -> FieldCode:
    """What a field's type comes to."""
    return _CODES[field.type]


def sample_of(field: SpecField) -> str:
    """Expression for a valid value of a field, in terms of the variable `number`."""
    if field.choices:
        return python_string(field.choices[0])
    sample = code_of(field).sample
    return sample.format(human=human(field.name)) if sample.startswith("f") else sample


def first_sample_of(field: SpecField) -> str:
    """The text that `sample_of` comes to where `number` is 1, for a field that holds text."""
    template = code_of(field).sample.removeprefix("f").strip('"').replace("{{number}}", "1")
    return template.format(human=human(field.name))


def wrong_value_of(field: SpecField) -> str:
    """Expression for a value that a field must refuse."""
    if not field.choices:
        return code_of(field).wrong
    wrong = "no such choice"
    while wrong in field.choices:
        wrong += "!"
    return python_string(wrong)


def is_filter(field: SpecField) -> bool:
    """Whether lists can be narrowed down by a field's value."""
    return field.type is not FieldType.TEXT
