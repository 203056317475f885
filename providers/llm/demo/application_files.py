"""Writes the application as a whole: its assembly, its front page, its own tests."""

from providers.llm.demo import paths
from providers.llm.demo.blocks import refuse
from providers.llm.demo.brief import requirements_in
from providers.llm.demo.file_task import FileTask, dotted
from providers.llm.demo.literals import lead, one_line, python_string, sentence
from providers.llm.demo.planned_tests import SERVICE_CASES, is_requirement_case
from providers.llm.demo.source_layout import assigned, imported
from providers.llm.demo.templates import render_file


def write_main(task: FileTask) -> str:
    """Write what puts the application together."""
    modules = sorted(item.path for item in task.file.imports if item.path.startswith(paths.ROUTERS))
    names = {path: _router_name(path) for path in modules}
    task.imports((path, ["router"]) for path in modules)  # refuses what is not there
    lines = [
        *task.imports([(paths.DATABASE, ["DatabaseSession", "open_database"])]),
        *(imported(dotted(path), [f"router as {name}"]) for path, name in names.items()),
        *task.imports([(paths.SETTINGS, ["Settings"])]),
    ]
    about = lead(task.project.summary)
    return render_file(
        "main.py",
        name=python_string(_name(task)),
        about=python_string(about),
        routers=list(names.values()),
        imports="\n".join(lines),
    )


def _router_name(path: str) -> str:
    stem = path.removeprefix(paths.ROUTERS).removesuffix(".py").rstrip("_")
    return f"{stem}_router"


def _name(task: FileTask) -> str:
    return one_line(task.project.name) or task.project.slug


def write_front_page(task: FileTask) -> str:
    """Write the front page, which finds out from the interface what there is to show."""
    summary = one_line(task.project.summary)
    begins = lead(task.project.summary)
    paragraphs = [line for line in map(one_line, task.project.summary.splitlines()) if line]
    return render_file(
        "index.html",
        name=_name(task),
        lead=begins,
        more=paragraphs if begins != summary else [],
    )


def write_conftest(task: FileTask) -> str:
    """Write what all tests share."""
    needed = [(paths.MAIN, ["create_app"]), (paths.SETTINGS, ["Settings"])]
    return render_file("conftest.py", imports="\n".join(task.imports(needed)))


def write_service_tests(task: FileTask) -> str:
    """Write the planned tests of the service as a whole."""
    told = requirements_in(task.brief)
    planned = {test.case: test.requirement for test in task.tests.tests}
    unknown = [
        case for case in planned if case not in SERVICE_CASES and not is_requirement_case(case)
    ]
    if unknown or not planned:
        refuse(
            f"the demo model does not know how to write the tests {unknown} of "
            f"{task.file.path!r}; it knows {', '.join(SERVICE_CASES)}"
        )
    others = [
        (case, sentence(f"{number}: {told[number].title if number in told else 'it is served'}"))
        for case, number in planned.items()
        if is_requirement_case(case)
    ]
    return render_file(
        "test_service.py",
        cases=set(planned),
        refs=planned,
        others=others,
        needs_name=bool(planned.keys() & set(SERVICE_CASES[1:])),
        name=assigned("NAME", python_string(_name(task))),
    )
