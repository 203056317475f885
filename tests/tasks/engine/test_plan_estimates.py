from core.estimate import Estimate
from core.expectations import ProductSize, load_expectations
from core.stages import Stage
from providers.llm.catalogue import Catalogue, load_catalogue, read_catalogue_rows
from providers.llm.prices import PriceList
from providers.llm.provider import DEFAULT_MAX_TOKENS
from providers.llm.stage_router import DEMO_CHOICE, ModelChoice
from providers.storage.ledger_observations import Observations, Spread
from tasks.engine.plan_estimates import ENOUGH, Estimator, UsePlan, seconds_of

CODER = ModelChoice("gemini", "gemini-3-pro")
LLAMA = "meta-llama-4-scout-17b-16e-instruct"
SIZE = ProductSize(entities=4, modules=8, files=20, is_planned=True)


def catalogue() -> Catalogue:
    return load_catalogue(read_catalogue_rows(), lambda _: None)


def use(
    template: str = "coder",
    choice: ModelChoice = CODER,
    *,
    seen: Observations | None = None,
    size: ProductSize = SIZE,
    done: int = 0,
) -> UsePlan:
    prices = PriceList(catalogue())
    estimator = Estimator(load_expectations(), seen or Observations(), catalogue(), prices, size)
    return estimator.use(template, (choice,), done=done)


def observed(count: int, choice: ModelChoice = CODER, tokens: float = 1_000) -> Observations:
    amounts = {
        name: Spread(count=count, mean=mean, deviation=mean / 10)
        for name, mean in (("input_tokens", tokens), ("output_tokens", 100), ("seconds", 4))
    }
    return Observations(calls={("coder", choice.provider, choice.model): amounts})


def test_before_anything_was_observed_expectations_hold() -> None:
    expected = load_expectations().of_template("coder")
    found = use()
    assert found.observed == 0
    assert found.calls.mean == expected.calls.of(SIZE)
    assert found.input_tokens.mean == found.calls.mean * expected.input_tokens
    assert found.input_tokens.low < found.input_tokens.mean < found.input_tokens.high


def test_from_enough_observations_on_they_hold() -> None:
    assert use(seen=observed(ENOUGH - 1)).observed == 0
    found = use(seen=observed(ENOUGH))
    assert found.observed == ENOUGH
    assert found.input_tokens.mean == found.calls.mean * 1_000
    assert found.seconds.mean == found.calls.mean * 4
    assert found.input_tokens.deviation < use().input_tokens.deviation


def test_another_models_tokens_are_a_measure_and_its_time_is_not() -> None:
    other = ModelChoice("deepseek", "deepseek-v3")
    found = use(seen=observed(50, other))
    assert found.observed == 0
    assert found.input_tokens.mean == found.calls.mean * 1_000
    assert found.seconds.mean == use().seconds.mean


def test_what_the_demo_model_answers_is_no_measure_for_others() -> None:
    assert use(seen=observed(50, DEMO_CHOICE)).input_tokens == use().input_tokens


def test_calls_a_file_are_learned() -> None:
    seen = Observations(units={"coder": Spread(count=40, mean=2, deviation=0)})
    assert use(seen=seen).calls.mean == 40


def test_cost_is_the_tokens_at_their_price() -> None:
    found = use(seen=observed(ENOUGH))
    model = catalogue()["gemini"].model("gemini-3-pro")
    one = PriceList(catalogue()).cost("gemini", model, 1_000, 100)
    assert abs(found.call_usd.mean - float(one)) < 1e-12
    assert abs(found.cost_usd.mean - float(one) * found.calls.mean) < 1e-9
    assert use(choice=DEMO_CHOICE).cost_usd == Estimate()


def test_more_is_reserved_for_a_call_than_it_will_cost() -> None:
    found = use()
    model = catalogue()["gemini"].model("gemini-3-pro")
    room_alone = PriceList(catalogue()).worst_case("gemini", model, 0, DEFAULT_MAX_TOKENS)
    assert found.reserved_usd.mean > float(room_alone) > found.call_usd.mean
    assert use(choice=DEMO_CHOICE).reserved_usd == Estimate()


def test_a_price_that_is_not_the_providers_own_is_told() -> None:
    assumed = ModelChoice("zukijourney", "gpt-4o")
    assert use(choice=assumed).assumed == (assumed,)
    assert use(choice=CODER).assumed == ()
    assert use(choice=ModelChoice("github-models", LLAMA)).assumed == ()
    assert use(choice=DEMO_CHOICE).assumed == ()


def test_files_that_are_there_are_taken_off() -> None:
    assert use(done=20).calls.mean == 0
    assert use(done=99).cost_usd.mean == 0
    assert use(done=5).calls.mean == use().calls.mean * 15 / 20


def test_a_guessed_product_makes_calls_less_certain() -> None:
    guessed = SIZE.model_copy(update={"is_planned": False})
    assert use(size=guessed).calls.deviation > use().calls.deviation
    assert use("clarifier", size=guessed).calls == use("clarifier").calls


def test_files_are_written_side_by_side_and_other_calls_one_after_another() -> None:
    row = {"number": "7", "name": "x", "task": "a:b", "reads": (), "writes": ("code/",)}
    found = use()
    fan_out, one = (Stage.model_validate({**row, "fan_out": flag}) for flag in (True, False))
    aside = seconds_of(fan_out, [found], own=0, spread=0, at_once=4)
    assert aside.mean == found.seconds.mean / 4
    after = seconds_of(one, [found], own=10, spread=0.5, at_once=4)
    assert after.mean == found.seconds.mean + 10
