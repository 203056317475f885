"""Puts the files that packs serve into a structure, in the place of models' own where they must."""

from collections.abc import Iterable

from codegen.paths import fold_case
from codegen.scaffolds.facts import Offer, ScaffoldFacts
from codegen.scaffolds.pack_table import ServedFile
from codegen.scaffolds.packs import needed_packages, served_files
from codegen.scaffolds.reading import read_facts
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import (
    Dependency,
    Export,
    FileContract,
    FileStructure,
    Import,
    Module,
)

SCAFFOLD = "scaffold"
"""Name of the module of the files that no module plans; a plan's modules are refused it."""
_PURPOSE = "What every product of this stack has; a program writes it from templates."


def with_scaffold(
    spec: CleanSpec, structure: FileStructure, *, workflows: bool = False
) -> FileStructure:
    """The structure with everything that its packs serve.

    Files that a pack always serves are taken over where a module plans them: they keep the
    requirements and entities they stand for. The others join a module of their own, at the end;
    a file that the pack only offers stays away where a module plans one of that path.
    Done again, it changes nothing but what follows from other files.

    Args:
        spec: the clean spec; its stack chooses the packs.
        structure: the files that models planned, with or without what an earlier call added.
        workflows: whether files that a forge runs by itself may be written.
    """
    plain = without_scaffold(structure)
    facts = read_facts(spec, plain)
    served = {
        fold_case(file.path): file
        for file in served_files(facts, workflows=workflows)
        if not file.offered or not _is_planned(file.path, plain.files)
    }
    modules = [
        module.model_copy(
            update={"files": tuple(_taken_over(f, served, facts) for f in module.files)}
        )
        for module in plain.modules
    ]
    missing = tuple(
        contract_of(file, facts)
        for file in served.values()
        if not _is_planned(file.path, plain.files)
    )
    if missing:
        # It has files of its own only where somebody edited the structure by hand.
        own = [file for module in modules if is_scaffold(module) for file in module.files]
        modules = [module for module in modules if not is_scaffold(module)]
        modules.append(Module(name=SCAFFOLD, purpose=_PURPOSE, files=(*own, *missing)))
    return structure.model_copy(update={"modules": tuple(modules)})


def without_scaffold(structure: FileStructure) -> FileStructure:
    """The structure without what `with_scaffold` added, and without its marks."""
    modules: list[Module] = []
    for module in structure.modules:
        if is_scaffold(module):
            own = tuple(file for file in module.files if not file.template)
            modules += [module.model_copy(update={"files": own})] if own else []
        else:
            modules.append(module)
    return structure.model_copy(
        update={
            "modules": tuple(
                module.model_copy(
                    update={
                        "files": tuple(
                            file.model_copy(update={"template": ""}) for file in module.files
                        )
                    }
                )
                for module in modules
            )
        }
    )


def making_room(structure: FileStructure, paths: Iterable[str]) -> FileStructure:
    """The structure without the packs' files in whose place a module plans files of its own.

    Args:
        structure: as `with_scaffold` made it.
        paths: those that the module plans.
    """
    planned = {fold_case(path) for path in paths}
    return structure.model_copy(
        update={
            "modules": tuple(
                module.model_copy(
                    update={
                        "files": tuple(
                            file for file in module.files if fold_case(file.path) not in planned
                        )
                    }
                )
                if is_scaffold(module)
                else module
                for module in structure.modules
            )
        }
    )


def is_scaffold(module: Module) -> bool:
    """Whether a module is the one of the files that no other module plans."""
    return module.name == SCAFFOLD


def packages_for(spec: CleanSpec, structure: FileStructure) -> tuple[Dependency, ...]:
    """What the packs of a structure need of the package indexes."""
    plain = without_scaffold(structure)
    facts = read_facts(spec, plain)
    if not plain.files and facts.node is facts.web is None and facts.stack.backend == "none":
        return ()  # a library's language is not known before its files are
    return needed_packages(facts, [item.name for item in structure.dependencies])


def contract_of(file: ServedFile, facts: ScaffoldFacts) -> FileContract:
    """The contract of a file that a pack serves."""
    assembly = facts.assembly
    entry = file.template in {"fastapi/main.py", "flask/main.py", "express/app.js"}
    offers = [*assembly.routers, *assembly.starters, *([assembly.auth] if assembly.auth else [])]
    return FileContract(
        path=file.path,
        purpose=file.purpose,
        language=file.language,
        exports=_EXPORTS.get(file.template, ()),
        imports=_imports(offers) if entry else _fixed_imports(file, facts),
        packages=_PACKAGES.get(file.template, ()),
        template=file.template,
    )


_EXPORTS = {
    "fastapi/main.py": (Export(name="app", kind="constant", signature="app: FastAPI"),),
    "flask/main.py": (
        Export(
            name="create_app",
            kind="function",
            signature="def create_app(config: Mapping[str, object] | None = None) -> Flask",
        ),
        Export(name="app", kind="constant", signature="app: Flask"),
    ),
    "express/app.js": (Export(name="app", kind="constant", signature="const app"),),
}
_PACKAGES = {
    "fastapi/main.py": ("fastapi",),
    "flask/main.py": ("flask",),
    "express/app.js": ("cors", "express", "helmet"),
    "react-vite/main.jsx": ("react", "react-dom"),
    "react-vite/vite.config.js": ("@vitejs/plugin-react", "vite"),
    "sveltekit/vite.config.js": (
        "@sveltejs/adapter-node",
        "@sveltejs/kit",
        "@sveltejs/vite-plugin-svelte",
        "vite",
    ),
    "node/eslint.config.js": ("@eslint/js", "globals"),
}


def _imports(offers: Iterable[Offer]) -> tuple[Import, ...]:
    taken: dict[str, list[str]] = {}
    for offer in offers:
        taken.setdefault(offer.path, []).append(offer.symbol)
    return tuple(Import(path=path, symbols=tuple(names)) for path, names in sorted(taken.items()))


def _fixed_imports(file: ServedFile, facts: ScaffoldFacts) -> tuple[Import, ...]:
    """Imports of entry points that start one file of the structure."""
    if file.template == "express/server.js" and facts.node is not None:
        node = facts.node
        return (Import(path=node.application, symbols=(node.application_name,)),)
    if file.template == "react-vite/main.jsx" and facts.web is not None:
        web = facts.web
        styles = (Import(path=web.folder + web.stylesheet),) if web.stylesheet else ()
        name = web.application_name
        return (Import(path=web.folder + web.application, symbols=(name,)), *styles)
    if file.template == "python-library/__main__.py" and facts.python is not None:
        command = facts.python.commands[0]
        return (Import(path=command.path, symbols=(command.symbol,)),)
    return ()


def _taken_over(
    file: FileContract, served: dict[str, ServedFile], facts: ScaffoldFacts
) -> FileContract:
    mine = served.get(fold_case(file.path))
    if mine is None:
        return file
    kept = {"requirements": file.requirements, "entities": file.entities}
    return contract_of(mine, facts).model_copy(update=kept)


def _is_planned(path: str, files: Iterable[FileContract]) -> bool:
    return any(fold_case(file.path) == fold_case(path) for file in files)
