"""Says which files the packs of a repository serve, and which packages they need."""

from collections.abc import Iterable

from codegen.scaffolds.facts import ScaffoldFacts
from codegen.scaffolds.known_versions import known_versions
from codegen.scaffolds.pack_table import ServedFile, packs
from codegen.scaffolds.reading import WEB
from core.artifacts.structure import Dependency

REPOSITORY = "repository"
"""The pack of every repository that has any other."""
WORKFLOW = ".github/workflows/ci.yml"

_FRONT_ENDS = {"react-vite", "sveltekit"}
_INSTEAD = {"httpx2": "httpx", "gunicorn": "waitress"}
"""What does the same where it is declared: no second one is added."""


def served_files(facts: ScaffoldFacts, *, workflows: bool) -> tuple[ServedFile, ...]:
    """Every file that the packs of a repository could serve, with its path there.

    Args:
        facts: of the repository.
        workflows: whether files that a forge runs by itself may be written.
    """
    names = [REPOSITORY, *facts.packs] if facts.packs else []
    return tuple(
        _placed(file, facts)
        for name in names
        for file in packs()[name].files
        if _holds(file, name, facts) and (workflows or file.path != WORKFLOW)
    )


def _holds(file: ServedFile, pack: str, facts: ScaffoldFacts) -> bool:
    """Whether a file's condition holds."""
    python, node, web = facts.python, facts.node, facts.web
    match file.when:
        case "python-entry":
            return python is not None and python.application == "app/main.py"
        case "python-command":
            return python is not None and any("/" in item.path for item in python.commands)
        case "express-application":
            return node is not None and node.application == _script(facts, "src/app.js")
        case "express-server":
            return node is not None and node.start == _script(facts, "src/server.js")
        case "react-entry":
            return web is not None and web.start.startswith("src/main.")
        case "typescript":
            return _typescript(facts, pack)
        case "":
            return True


def _typescript(facts: ScaffoldFacts, pack: str) -> bool:
    project = facts.web if pack in _FRONT_ENDS else facts.node
    return project is not None and project.typescript


def _placed(file: ServedFile, facts: ScaffoldFacts) -> ServedFile:
    """A file as it stands in this repository: where it is, and in which language."""
    path = file.path
    if file.when == "python-command" and facts.python is not None:
        folder = facts.python.commands[0].path.rpartition("/")[0]
        path = path.replace("{command}", folder)
    elif file.when in {"express-application", "express-server"}:
        path = _script(facts, path)
    elif file.when == "react-entry" and facts.web is not None:
        path = WEB + facts.web.start
    language = "typescript" if path.endswith((".ts", ".tsx")) else file.language
    return file.model_copy(update={"path": path, "language": language})


def _script(facts: ScaffoldFacts, path: str) -> str:
    """A file of an Express server in its own language."""
    typescript = facts.node is not None and facts.node.typescript
    return f"{path.removesuffix('.js')}.ts" if typescript else path


def needed_packages(facts: ScaffoldFacts, declared: Iterable[str]) -> tuple[Dependency, ...]:
    """What the packs' files need of the package indexes.

    Args:
        facts: of the repository.
        declared: names that the structure declares itself.
    """
    known = set(declared)
    found: list[Dependency] = []
    for pack in facts.packs:
        needs = packs()[pack].needs
        typed = needs.typescript if _typescript(facts, pack) else ()
        found += [
            Dependency(
                name=name,
                ecosystem="python" if name in known_versions().python else "npm",
                development=name not in needs.runtime,
                reason=f"The {pack} pack needs it.",
            )
            for name in (*needs.runtime, *needs.development, *typed)
            if _INSTEAD.get(name) not in known
        ]
    return tuple(found)
