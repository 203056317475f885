"""What templates know of a repository: all of it is derived, none of it asked of a model."""

from core.artifacts.base import Part
from core.artifacts.questionnaire import Stack
from core.artifacts.structure import Dependency


class Offer(Part):
    """A name that a file of the repository offers to the entry point.

    Attributes:
        path: the file.
        symbol: the name in it.
        alias: what the entry point calls it, unique there.
    """

    path: str
    symbol: str
    alias: str


class Assembly(Part):
    """What an entry point puts together.

    Attributes:
        routers: routers, or blueprints, in the order of their paths.
        auth: the router of `src/routes/auth.js`, which Express mounts by itself.
        starters: functions without parameters to be called when the application starts.
        static: folder of files that are served as they are; empty if there is none.
        front_page: whether that folder has an `index.html`.
    """

    routers: tuple[Offer, ...] = ()
    auth: Offer | None = None
    starters: tuple[Offer, ...] = ()
    static: str = ""
    front_page: bool = False


class Command(Part):
    """A command that an installed package offers.

    Attributes:
        name: as it is typed.
        path: file with the function.
        symbol: the function, which takes no arguments.
    """

    name: str
    path: str
    symbol: str


class PythonProject(Part):
    """The Python project at the root of a repository.

    Attributes:
        name: of the distribution; none of its dependencies is called so.
        packages: folders that are installed.
        modules: files at the root that are installed.
        application: file whose `application_name` the server runs; empty if there is none.
        factory: whether that name is a function that makes the application.
        dependencies: those of the ecosystem `python`.
    """

    name: str
    packages: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    application: str = ""
    application_name: str = ""
    factory: bool = False
    commands: tuple[Command, ...] = ()
    readme: bool = False
    tests: bool = False
    dependencies: tuple[Dependency, ...] = ()


class NodeProject(Part):
    """A folder with a `package.json`.

    Attributes:
        name: of the package; none of its dependencies is called so.
        folder: empty for the root, else ending in a slash.
        typescript: whether its code is in TypeScript.
        start: file that runs the server, or that the browser loads first.
        application: file that offers the application to the server.
        application_name: the name it offers; `factory` as in `PythonProject`.
        stylesheet: file of styles that the page loads; empty if there is none.
        library: file that the package offers to those who import it.
        test: command of the test script; empty if there are no tests.
    """

    name: str
    folder: str = ""
    typescript: bool = False
    start: str = ""
    application: str = ""
    application_name: str = ""
    factory: bool = False
    stylesheet: str = ""
    library: str = ""
    commands: tuple[Command, ...] = ()
    test: str = ""
    dependencies: tuple[Dependency, ...] = ()


class ScaffoldFacts(Part):
    """What all templates of a repository are given.

    Attributes:
        name: what the product is called, as people write it.
        summary: what it is, as people write it.
        packs: names of the packs that serve it.
    """

    name: str
    summary: str
    stack: Stack
    packs: tuple[str, ...]
    assembly: Assembly = Assembly()
    python: PythonProject | None = None
    node: NodeProject | None = None
    web: NodeProject | None = None
