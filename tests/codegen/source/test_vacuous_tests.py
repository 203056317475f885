"""A test that passes whatever the code does shows nothing, and is refused."""

import pytest

from codegen.source.findings import errors_of
from codegen.source.wholeness import wholeness_findings


def _refused(path: str, text: str) -> list[str]:
    found = errors_of(wholeness_findings(path, text))
    return [item.message for item in found if "whatever the code does" in item.message]


@pytest.mark.parametrize(
    "text",
    [
        "test('creates a task', () => {});\n",
        "test('creates a task', async (t) => {\n  // it does\n});\n",
        "test('creates a task', function () {});\n",
        "test('creates a task', { timeout: 100 }, () => {});\n",
        "describe('tasks', () => {\n  it(`creates a task`, () => {}, 100);\n});\n",
        "test.only('creates a task', () => {});\n",
        "test('tasks', async (t) => {\n  await t.test('creates a task', () => {});\n});\n",
        "it.concurrent('creates a task', async () => {});\n",
        "it.each([[1], [2]])('creates a task', (a) => {});\n",
        "test('creates a task', () => {\n  assert.ok(true);\n});\n",
        "test('creates a task', () => {\n  assert(true, 'it does');\n});\n",
        "test('creates a task', (t) => {\n  t.assert.strictEqual(1, 1);\n});\n",
        "test('creates a task', () => {\n  expect(true).toBe(true);\n  expect(1).not.toBe(2);\n});",
        "test('creates a task', () => expect(true).toBeTruthy());\n",
    ],
)
def test_a_script_test_of_nothing_is_refused(text: str) -> None:
    for path in ("tests/tasks.test.js", "src/tasks.spec.ts", "web/src/App.test.tsx"):
        (message,) = _refused(path, text)
        assert "'creates a task'" in message


@pytest.mark.parametrize(
    "text",
    [
        "test('creates a task', () => {\n  checkEverything(client);\n});\n",
        "test('creates a task', () => checkEverything(client));\n",
        "test('creates a task', async () => {\n  await expect(create()).rejects.toThrow();\n});\n",
        "test('creates a task', () => {\n  expect(created).toBe(true);\n});\n",
        "test('creates a task', () => {\n  create();\n  assert.ok(true);\n});\n",
        "test('creates a task', () => {\n  assert.doesNotThrow(() => {});\n});\n",
        "test('creates a task', () => {\n  expect(`a ${b}`).toBe('a b');\n});\n",
        "test('creates a task', check);\ntest('creates a task');\n",
        "test.todo('creates a task');\ntest.skip('creates a task', () => {});\n",
        "test('creates a task', { skip: true }, () => {});\n",
        "test.describe('tasks', () => {});\nbeforeEach(() => {});\n",
        "const found = /a/.test('a', () => {});\nit('a', { b() {} });\n",
        "vi.spyOn(console, 'error').mockImplementation(() => {});\n",
    ],
)
def test_a_script_test_that_calls_something_is_let_through(text: str) -> None:
    assert _refused("tests/tasks.test.ts", text) == []


@pytest.mark.parametrize(
    "text",
    [
        "def test_creates_a_task():\n    assert True\n",
        "def test_creates_a_task(client):\n    assert 1, 'it does'\n",
        'async def test_creates_a_task():\n    """It does."""\n    assert True is not False\n',
        "class A(TestCase):\n    def test_creates_a_task(self):\n        self.assertEqual(1, 1)",
        "class TestTasks:\n    def test_creates_a_task(self):\n        pass\n        assert 1 == 1",
    ],
)
def test_a_python_test_of_constants_is_refused(text: str) -> None:
    for path in ("tests/test_tasks.py", "app/tasks_test.py"):
        (message,) = _refused(path, text)
        assert "'test_creates_a_task'" in message


@pytest.mark.parametrize(
    "text",
    [
        "def test_creates_a_task(client):\n    check_everything(client)\n",
        "def test_creates_a_task():\n    with pytest.raises(ValueError):\n        create('')\n",
        "@pytest.mark.parametrize('a', [1])\ndef test_creates_a_task(a):\n    check(a)\n",
        "@pytest.fixture\ndef tested():\n    return True\n",
        "def test_creates_a_task(created):\n    assert created\n",
        "def test_creates_a_task():\n    create('a')\n    assert True\n",
        "def test_creates_a_task():\n    assert DEFAULT == 1\n",
        "class TestA(TestCase):\n    def test_a(self):\n        self.assertEqual(create(), 1)\n",
        "class TestA(TestCase):\n    def test_a(self):\n        self.assert_created()\n",
        "def helper():\n    assert True\n",
    ],
)
def test_a_python_test_that_uses_something_is_let_through(text: str) -> None:
    assert _refused("tests/test_tasks.py", text) == []


def test_a_function_outside_the_tests_is_none() -> None:
    assert _refused("app/tasks.py", "def test_connection():\n    assert True\n") == []


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("func TestCreates(t *testing.T) {}\n", True),
        ("func TestCreates(t *testing.T) {\n\t// it does\n}\n", True),
        ("func TestCreates(t *testing.T) {\n\tcheckEverything(t)\n}\n", False),
        ("func TestMain(m *testing.M) {}\n", False),
        ("func Testify(t *testing.T) {}\n", False),
    ],
)
def test_a_go_test_without_a_statement_is_refused(text: str, refused: bool) -> None:
    found = _refused("tasks_test.go", f'package tasks\n\nimport "testing"\n\n{text}')
    assert bool(found) is refused
