"""How a Python project is tested, and how its web application is started."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from codegen.runners.tree import Project
from core.artifacts.run_plan import BootCheck, ReportFormat, Runner, Step

PYTHON_MANIFESTS = frozenset({"pyproject.toml", "requirements.txt", "setup.py", "setup.cfg"})

PORT = 8000
"""Where a Python application is told to listen."""

_BOOT_SECONDS = 60
_TEST_FILE = re.compile(r"test_.*\.py|.*_test\.py")
_ASGI = frozenset({"FastAPI", "Litestar", "Quart", "Starlette"})
_WSGI = frozenset({"Flask"})
_FACTORIES = ("create_app", "make_app", "build_app")


def python_steps(project: Project, report_path: str) -> Iterator[Step | str]:
    """Its steps, and what is not run and why, a sentence each."""
    if any(_TEST_FILE.fullmatch(PurePosixPath(path).name) for path in project.files):
        yield _pytest(project.folder, report_path)
    if (command := _start(project)) is None:
        return
    if isinstance(command, str):
        yield command
        return
    yield Step(
        kind="boot",
        runner=Runner.BOOT,
        ecosystem="python",
        folder=project.folder,
        command=command,
        report=ReportFormat.BOOT,
        report_path=report_path,
        seconds=_BOOT_SECONDS,
        boot=BootCheck(port=PORT),
    )


def _pytest(folder: str, report_path: str) -> Step:
    # The older form of the document names each case's file. One file that cannot be collected must
    # not hide what the others say.
    options = ("--rootdir=.", "--color=no", "--tb=short", "-p", "no:cacheprovider")
    report = (f"--junitxml={report_path}", "-o", "junit_family=xunit1")
    return Step(
        kind="test",
        runner=Runner.PYTEST,
        ecosystem="python",
        folder=folder,
        command=(
            *("python", "-m", "pytest", *options, "--continue-on-collection-errors"),
            *report,
        ),
        report=ReportFormat.JUNIT,
        report_path=report_path,
    )


def _start(project: Project) -> tuple[str, ...] | str | None:
    """The command that starts its web application, why there is none, or `None` without one."""
    port = str(PORT)
    if "manage.py" in project.files and "django" in project.files["manage.py"]:
        return ("python", "manage.py", "runserver", f"127.0.0.1:{port}", "--noreload")
    found = _application(project)
    if found is None:
        return None
    module, name, framework, factory = found
    if framework in _WSGI:
        target = f"{module}:{name}" + ("()" if factory else "")
        return ("python", "-m", "flask", "--app", target, "run", "--port", port)
    server = next((name for name in ("uvicorn", "hypercorn") if _declares(project, name)), None)
    if server is None:
        return (
            f"The {framework} application in {project.place} was not started: neither uvicorn nor"
            " hypercorn is declared as a dependency."
        )
    if server == "hypercorn":
        target = f"{module}:{name}" + ("()" if factory else "")
        return ("python", "-m", "hypercorn", target, "--bind", f"127.0.0.1:{port}")
    options = ("--factory",) if factory else ()
    return ("python", "-m", "uvicorn", f"{module}:{name}", *options, "--port", port)


def _declares(project: Project, package: str) -> bool:
    """Whether a manifest names the package, or an extra of FastAPI that brings it along."""
    manifests = [text for path, text in project.files.items() if _is_manifest(path)]
    pattern = rf"(?mi)(?<![\w.-]){package}(?![\w.-])"
    if package == "uvicorn":
        pattern += r"|(?<![\w.-])fastapi\s*\[[^]]*\b(?:standard|all)\b"
    return any(re.search(pattern, text) for text in manifests)


def _is_manifest(path: str) -> bool:
    return path in PYTHON_MANIFESTS or bool(re.fullmatch(r"requirements[^/]*\.(txt|in)", path))


def _application(project: Project) -> tuple[str, str, str, bool] | None:
    """Module, name and framework of the application, and whether the name is a function for it.

    Of several the one nearest to the root; an application beats a function that makes one.
    """
    found: list[tuple[bool, int, str, str, str]] = []
    for path in project.named(".py"):
        if _is_test(path) or not any(name in project.files[path] for name in _ASGI | _WSGI):
            continue
        for name, framework, factory in _applications(project.files[path]):
            found.append((factory, path.count("/"), _module(path), name, framework))
    if not found:
        return None
    factory, _, module, name, framework = min(found)
    return module, name, framework, factory


def _applications(text: str) -> Iterator[tuple[str, str, bool]]:
    """Applications of a module: name, framework, and whether the name is a function for it."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # what does not parse is found by running the tests
    makers = {
        node.name: framework
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not _required(node.args)
        for made in ast.walk(node)
        if (framework := _framework(made))
    }
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                continue
        if framework := _framework(value) or _made(value, makers):
            yield name, framework, False
    for name in _FACTORIES:
        if name in makers:
            yield name, makers[name], True


def _required(arguments: ast.arguments) -> bool:
    """Whether a function cannot be called without arguments."""
    positional = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
    return positional > 0 or any(default is None for default in arguments.kw_defaults)


def _framework(node: ast.AST) -> str:
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name if name in _ASGI | _WSGI else ""
        case _:
            return ""


def _made(node: ast.expr, makers: dict[str, str]) -> str:
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return makers.get(name, "")
        case _:
            return ""


def _is_test(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(_TEST_FILE.fullmatch(parts[-1])) or any(
        part in {"tests", "test", "examples", "docs"} for part in parts[:-1]
    )


def _module(path: str) -> str:
    dotted = path.removesuffix(".py").removeprefix("src/").replace("/", ".")
    return dotted.removesuffix(".__init__")
