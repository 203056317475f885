"""What an entity is called in the files about it."""

from dataclasses import dataclass

from providers.llm.demo.names import id_name
from providers.llm.demo.words import human, plural, snake_case, with_article


@dataclass(frozen=True)
class FactoryNames:
    """What the test factory of an entity is called and offers; known by the entity's name."""

    entity: str

    @property
    def path_constant(self) -> str:
        """Constant that holds where the records are served."""
        return f"{snake_case(self.entity).upper()}_PATH"

    @property
    def values(self) -> str:
        """Function that returns a complete body; no name that test runners collect."""
        return f"values_of_{snake_case(self.entity)}"

    @property
    def make(self) -> str:
        """Function that creates a record."""
        return f"make_{snake_case(self.entity)}"

    @property
    def shared(self) -> str:
        """Function that returns the record others refer to, made at its first use."""
        return f"shared_{snake_case(self.entity)}"

    @property
    def symbols(self) -> tuple[str, str, str]:
        """What the entity's own tests use of the factory."""
        return (self.path_constant, self.make, self.values)


@dataclass(frozen=True)
class CodeNames(FactoryNames):
    """Names of an entity in code and for people.

    Attributes:
        table: where its records are stored.
        path: where they are served.
    """

    table: str = ""
    path: str = ""

    @property
    def one(self) -> str:
        """One of them, for people, in lower case."""
        return human(self.entity).lower()

    @property
    def many(self) -> str:
        """Several of them, for people, in lower case."""
        return human(plural(snake_case(self.entity))).lower()

    @property
    def a_one(self) -> str:
        """One of them with its article."""
        return with_article(self.one)

    @property
    def singular(self) -> str:
        """One of them, in a function's name."""
        return snake_case(self.entity)

    @property
    def plural(self) -> str:
        """Several of them, in a function's name."""
        name = plural(self.singular)
        return f"all_{name}" if name == self.singular else name

    @property
    def id(self) -> str:
        """Parameter that holds its id."""
        return id_name(self.singular)

    @property
    def record(self) -> str:
        """Class of its stored records."""
        return f"{self.entity}Record"

    @property
    def fields_class(self) -> str:
        """Class of its fields."""
        return f"{self.entity}Fields"

    @property
    def write(self) -> str:
        """Class of what is sent in."""
        return f"{self.entity}Write"

    @property
    def read(self) -> str:
        """Class of what is sent out."""
        return f"{self.entity}Read"

    @property
    def filters(self) -> str:
        """Class of what a list is narrowed down by."""
        return f"{self.entity}Filters"
