import pytest

from codegen.source.contract_exports import call_problems, nearest
from codegen.source.languages import Language
from codegen.source.signatures import signature_of

PYTHON, TYPESCRIPT, GO = Language.PYTHON, Language.TYPESCRIPT, Language.GO


@pytest.mark.parametrize(
    ("language", "promised", "actual"),
    [
        (PYTHON, "def f(a: int, b: str = '') -> None", "def f( a:'int', b = 'x', *, c=1 )"),
        (PYTHON, "f(a, b)", "def f(a, b, c=None, **more)"),
        (PYTHON, "def f(self, a)", "def f(a)"),
        (PYTHON, "def f(a) -> list[...", "def f(a)"),
        (PYTHON, "@staticmethod def f(a)", "def f(a)"),
        (PYTHON, "def f(*, a)", "def f(a)"),
        (PYTHON, "def f(*, a)", "def f(**any)"),
        (PYTHON, "def f(a, /)", "def f(b)"),
        (PYTHON, "def f(a, b)", "def f(*args)"),
        (PYTHON, "something else", "def f(a)"),
        (PYTHON, "def f(a", "def f(b)"),
        (TYPESCRIPT, "function f(a: string, b?: number): void", "const f = (x, y = 1) =>"),
        (TYPESCRIPT, "async function f(): Promise<A>", "function f(): Promise<B>"),
        (TYPESCRIPT, "const f: (a: string) => Promise<void>", "const f = async (a: string) =>"),
        (TYPESCRIPT, "f(req, res, next)", "async function f(req, res)"),
        (TYPESCRIPT, "export default function F({ a }: P)", "function F(props: P)"),
        (TYPESCRIPT, "static async go(a = 1): Promise<void>", "static async go(a = 2)"),
        (TYPESCRIPT, "f(this: A, b: string)", "function f(b: string)"),
        (TYPESCRIPT, "a => a", "const f = (x) =>"),
        (TYPESCRIPT, "not (a", "function f(b)"),
        (GO, "func New(size int) *Store", "func New(length int) *Store"),
        (GO, "Get(a, b string) error", "func (s *Store) Get(a string, b string) error"),
    ],
)
def test_signatures_that_take_the_same_calls_agree(
    language: Language, promised: str, actual: str
) -> None:
    assert call_problems(promised, actual, language) == []


@pytest.mark.parametrize(
    ("language", "promised", "actual", "said"),
    [
        (PYTHON, "def f(a)", "def f()", "'a' is missing"),
        (PYTHON, "def f(a)", "def f(a, b)", "'b' is not promised"),
        (PYTHON, "def f(a)", "def f(b)", "must be 'a', it is 'b'"),
        (PYTHON, "def f(a, b)", "def f(b, a)", "parameter 1 must be 'a'"),
        (PYTHON, "def f(a=1)", "def f(a)", "must have a default"),
        (PYTHON, "def f(*, a=1)", "def f(*, a)", "must have a default"),
        (PYTHON, "def f(*, a)", "def f()", "'a' is missing"),
        (PYTHON, "def f()", "def f(*, a)", "'a' is not promised"),
        (PYTHON, "def f(a)", "def f(a, /)", "by name"),
        (PYTHON, "def f(a)", "def f(*, a)", "'a' is missing"),
        (PYTHON, "def f(*args)", "def f()", "*args is missing"),
        (PYTHON, "def f(**more)", "def f()", "**more is missing"),
        (PYTHON, "def f()", "async def f()", "must not be async"),
        (PYTHON, "async def f()", "def f()", "must be async"),
        (TYPESCRIPT, "function f(a: A, b: B)", "function f(a: A)", "'b' is missing"),
        (TYPESCRIPT, "function f(a: A)", "function f(a: A, b: B)", "'b' is not promised"),
        (TYPESCRIPT, "function f(a?: A)", "function f(a: A)", "must have a default"),
        (TYPESCRIPT, "function f({ a }: A)", "function f()", "1 is missing"),
        (TYPESCRIPT, "async function f()", "function f(): void", "must be async"),
        (TYPESCRIPT, "function f(): string", "async function f()", "must not be async"),
        (TYPESCRIPT, "(...a: A[]) => void", "function f()", "*a is missing"),
        (GO, "func New(a int)", "func New(a int, b int)", "'b' is not promised"),
        (GO, "func New(a ...int)", "func New()", "*a is missing"),
    ],
)
def test_each_way_of_breaking_a_call_is_named(
    language: Language, promised: str, actual: str, said: str
) -> None:
    problems = call_problems(promised, actual, language)
    assert any(said in problem for problem in problems), problems


def test_what_is_no_function_has_no_signature() -> None:
    assert signature_of(PYTHON, "router: APIRouter") is None
    assert signature_of(PYTHON, "class A(B)") is None
    assert signature_of(TYPESCRIPT, "const limit: number") is None
    assert signature_of(GO, "Limit = 10 {{{") is None


def test_the_nearest_name_ignores_case_and_finds_what_holds_it() -> None:
    assert nearest("gettask", ["putTask", "getTask"]) == "getTask"
    assert nearest("add", ["x", "add_new_task"]) == "add_new_task"
    assert nearest("zzz", ["a"]) == ""
