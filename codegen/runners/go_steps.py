"""How a Go module is tested, and how its program is started."""

import re
import shlex
from collections.abc import Iterator

from codegen.runners.tree import Project
from core.artifacts.run_plan import BootCheck, ReportFormat, Runner, Step

GO_MANIFEST = "go.mod"

PORT = 8080
"""Where a Go program is told to listen, in the environment variable `PORT`."""

_BOOT_SECONDS = 120  # it is compiled first
_MODULE = re.compile(r'(?m)^module\s+"?([^\s"]+)')
_MAIN = re.compile(r"(?m)^func main\(\)")
_SERVES = re.compile(
    r"\bhttp\.(?:ListenAndServe|Serve|Server)\b|\.ListenAndServe(?:TLS)?\("
    r"|\b(?:gin|echo|fiber|chi|mux)\.(?:Default|New\w*)\("
)


def go_gate_steps(project: Project) -> Iterator[Step]:
    """How it is checked as a whole: vet compiles all of it, and knows calls that cannot work."""
    if project.named(".go"):
        yield Step(
            kind="gate",
            runner=Runner.GO_VET,
            ecosystem="go",
            folder=project.folder,
            command=("go", "vet", "./..."),
            report=ReportFormat.GO_VET,
        )


def go_steps(project: Project, report_path: str) -> Iterator[Step]:
    """Its steps."""
    found = _MODULE.search(project.files[GO_MANIFEST])
    module = found[1] if found else ""
    if project.named("_test.go"):
        line = f"go test -json ./... > {shlex.quote(report_path)}"
        yield Step(
            kind="test",
            runner=Runner.GO_TEST,
            ecosystem="go",
            folder=project.folder,
            command=("sh", "-c", line),
            report=ReportFormat.GO,
            report_path=report_path,
            module=module,
        )
    sources = [path for path in project.named(".go") if not path.endswith("_test.go")]
    if not any(_SERVES.search(project.files[path]) for path in sources):
        return
    programs = {
        path.rpartition("/")[0]
        for path in sources
        if _MAIN.search(project.files[path]) and "package main" in project.files[path]
    }
    for folder in sorted(programs, key=lambda name: (name.count("/"), name))[:1]:
        yield Step(
            kind="boot",
            runner=Runner.BOOT,
            ecosystem="go",
            folder=project.folder,
            command=("go", "run", f"./{folder}" if folder else "."),
            report=ReportFormat.BOOT,
            report_path=report_path,
            seconds=_BOOT_SECONDS,
            boot=BootCheck(port=PORT),
            module=module,
        )
