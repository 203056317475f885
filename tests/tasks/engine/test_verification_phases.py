"""Python repositories that fail in one phase of a verification each, in real boxes."""

from core.artifacts.failure import FailureClass
from core.settings import SandboxLimits
from tests.tasks.engine.repositories import MANIFEST, PASSING, Repositories, steps_of

TESTS = {"tests/test_a.py": PASSING}
WEB = MANIFEST + 'dependencies = ["uvicorn", "starlette"]\n'
APP = (
    "from starlette.applications import Starlette\n"
    "from starlette.responses import PlainTextResponse\n"
    "from starlette.routing import Route\n\n"
    "async def health(request):\n    return PlainTextResponse('well')\n\n"
    "app = Starlette(routes=[Route('/health', health)])\n"
)


async def test_a_file_that_does_not_parse_fails_the_gate(repositories: Repositories):
    verification = await repositories.verify(
        {
            **TESTS,
            "shop/__init__.py": "",
            "shop/cart.py": "def total(:\n    pass\n",
            "shop/orders.py": "from shop.cart import total\n",
            "tests/test_b.py": "from shop.cart import total\n",
        }
    )
    steps = steps_of(verification)
    assert (steps["load check"], steps["pytest"]) == ("red", "red")
    # What the file takes with it, be it a module or a test, is no failure of its own.
    (failure,) = verification.failures
    assert (failure.step, failure.error, failure.files[0]) == (
        "load check",
        "SyntaxError",
        "shop/cart.py",
    )
    assert failure.failure_class is FailureClass.CODE
    assert "load check: 1 error in shop/cart.py." in verification.report.reason


async def test_a_module_that_no_test_imports_must_load_as_well(repositories: Repositories):
    verification = await repositories.verify(
        {
            **TESTS,
            "shop/__init__.py": "",
            "shop/cart.py": "import json\n\nTOTAL = json.lods('1')\n",
            "shop/orders.py": "from shop.cart import TOTAL\n",
            "shop/dies.py": "import os\n\nos._exit(7)\n",
        }
    )
    steps = steps_of(verification)
    assert (steps["load check"], steps["pytest"]) == ("red", "green")
    cart, dies = verification.failures
    assert (cart.error, cart.frames[-1].path, cart.frames[-1].line) == (
        "AttributeError",
        "shop/cart.py",
        3,
    )
    assert "exit code 7 is that of the process" in dies.message
    assert dies.files == ("shop/dies.py",)


async def test_an_import_of_a_package_that_is_not_declared_fails_the_gate(
    repositories: Repositories,
):
    """Also of one that another package happens to bring."""
    verification = await repositories.verify(
        {"shop.py": "import iniconfig\nimport nowhere\n", **TESTS}
    )
    assert steps_of(verification)["import check"] == "red"
    brought, missing = verification.failures
    assert "imports the package 'iniconfig', which is not declared" in brought.message
    assert "imports the package 'nowhere'" in missing.message
    assert {failure.failure_class for failure in verification.failures} == {FailureClass.DEPENDENCY}
    assert [failure.frames[-1].line for failure in verification.failures] == [1, 2]


async def test_an_import_of_what_another_file_does_not_have_fails_the_gate(
    repositories: Repositories,
):
    verification = await repositories.verify(
        {
            "shop/cart.py": "def total(): ...\n",
            "shop/late.py": "def total():\n    from shop.cart import sum_up\n    return sum_up\n",
            "shop/gone.py": "def find():\n    import shop.finder\n    return shop.finder\n",
            **TESTS,
        }
    )
    gone, late = verification.failures
    assert "there is no file 'shop/finder.py'" in gone.message
    assert late.files == ("shop/late.py", "shop/cart.py")
    assert {gone.failure_class, late.failure_class} == {FailureClass.CODE}
    assert steps_of(verification)["load check"] == "green"


async def test_names_that_nobody_defines_fail_the_gate_wherever_they_would_be_met(
    repositories: Repositories,
):
    verification = await repositories.verify(
        {
            "shop.py": "def total(prices):\n    return sm(prices)\n\n"
            'class Cart:\n    items: "list[Item]"\n',
            "pyproject.toml": MANIFEST + "[tool.ruff.lint]\nselect = []\n",
            **TESTS,
        }
    )
    assert steps_of(verification)["ruff"] == "red"
    (failure,) = verification.failures
    assert failure.message == "shop.py:2: F821 Undefined name `sm`"
    assert (failure.frames[-1].path, failure.frames[-1].line) == ("shop.py", 2)


async def test_a_module_that_needs_settings_or_is_a_program_is_noted(repositories: Repositories):
    verification = await repositories.verify(
        {
            "shop/settings.py": "import os\n\nURL = os.environ['SHOP_URL']\n",
            "shop/seed.py": "import sys\n\nsys.exit('usage: seed')\n",
            "tests/test_a.py": "import os\n\nos.environ['SHOP_URL'] = 'x'\n"
            f"from shop.settings import URL\n\n{PASSING}",
        }
    )
    assert verification.green
    assert verification.report.unverified == (
        "shop/seed.py: when it is imported, it ends with 'usage: seed'.",
        "shop/settings.py was not loaded by itself: "
        "The environment variable 'SHOP_URL' is not set.",
    )


async def test_an_application_that_answers_is_green(repositories: Repositories):
    verification = await repositories.verify({"shop.py": APP, **TESTS}, manifest=WEB)
    assert verification.green
    boot = verification.report.steps[-1]
    assert (boot.kind, boot.reason) == (
        "boot",
        "GET /health on port 8000 was answered with 200.",
    )


async def test_an_application_that_does_not_start_is_red(repositories: Repositories):
    """Although its module can be imported and its tests pass."""
    broken = APP + "\nclass Broken:\n    def __call__(self):\n        return 1\n\n"
    broken += "app.router.lifespan_context = Broken()\n"
    verification = await repositories.verify({"shop.py": broken, **TESTS}, manifest=WEB)
    steps = steps_of(verification)
    assert (steps["load check"], steps["pytest"], steps["boot check"]) == ("green", "green", "red")
    assert verification.report.reason == "boot check failed with exit code 1."
    (failure,) = verification.failures
    assert failure.test == "boot check"
    assert verification.report.cases[-1].message.startswith("The application ended")


async def test_a_phase_ends_with_its_time(repositories: Repositories):
    limits = SandboxLimits(seconds=60, gate_seconds=0.5)
    verification = await repositories.verify(TESTS, limits=limits)
    report = verification.report
    assert (report.status, steps_of(verification)["load check"]) == ("red", "not-run")
    assert "load check was not run: the 0.5 s of its phase were used up." in report.unverified
    assert steps_of(verification)["pytest"] == "green"
