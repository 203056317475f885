import pytest

from core.artifacts.answers import Clarification
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.specs import ClarificationHistory
from core.errors import RequestRefusedError
from providers.llm.demo.provider import DemoProvider
from providers.llm.provider import LLMProvider, LLMRequest, Message
from tests.providers.llm.demo.asking import answer, request

_QUESTIONNAIRE = Questionnaire(project_name="Shop", summary="It tracks orders.")
_ASKED = request("clarifier", questionnaire=_QUESTIONNAIRE, answered=ClarificationHistory())


async def test_an_answer_says_what_it_took() -> None:
    provider: LLMProvider = DemoProvider()
    response = await provider.complete(_ASKED)
    assert Clarification.model_validate_json(response.content).specs.project_name == "Shop"
    assert (response.provider, response.model, response.finish_reason) == ("demo", "demo", "stop")
    asked = len(_ASKED.system) + len(_ASKED.messages[0].content)
    assert response.input_tokens == -(-asked // 4)
    assert response.output_tokens == -(-len(response.content) // 4)
    assert response.cost_usd == 0
    assert response.latency_seconds > 0
    assert provider.name == "demo"
    assert await provider.health_check()


async def test_asked_again_it_answers_the_same() -> None:
    provider = DemoProvider()
    first = (await provider.complete(_ASKED)).content
    reask = (
        Message(role="assistant", content=first),
        Message(role="user", content="That is no JSON. Answer again."),
    )
    again = _ASKED.model_copy(update={"messages": (*_ASKED.messages, *reask)})
    assert (await provider.complete(again)).content == first


@pytest.mark.parametrize(
    "system", ["", "clarifier", "## clarifier", "Hello\n# clarifier", "# clarifier!"]
)
async def test_a_prompt_without_its_templates_name_is_refused(system: str) -> None:
    with pytest.raises(RequestRefusedError, match="forgot to begin its system text") as refused:
        await DemoProvider().complete(_ASKED.model_copy(update={"system": system}))
    assert refused.value.provider == "demo"


async def test_a_template_it_does_not_know_is_answered_with_its_example() -> None:
    system = "# glossary\nRules.\n<example>\n# Terms\n\n- a: b\n</example>\nMore."
    asked = _ASKED.model_copy(update={"system": system})
    assert (await DemoProvider().complete(asked)).content == "# Terms\n\n- a: b"


async def test_without_an_example_an_unknown_template_is_refused() -> None:
    with pytest.raises(RequestRefusedError, match="'glossary' has no <example>"):
        await DemoProvider().complete(_ASKED.model_copy(update={"system": "# glossary\nRules."}))


async def test_a_heading_may_end_in_blanks() -> None:
    asked = _ASKED.model_copy(update={"system": "# clarifier \r\nRules."})
    assert (await DemoProvider().complete(asked)).content


@pytest.mark.parametrize(
    ("template", "block"),
    [
        ("clarifier", "questionnaire"),
        ("normalizer", "specs"),
        ("docs-creator", "specs"),
        ("schema-generator", "specs"),
        ("structural-validator", "schema"),
        ("file-structure-generator", "specs"),
        ("validator", "docs"),
        ("prompt-builder", "project"),
        ("coder", "project"),
        ("debugger", "project"),
    ],
)
async def test_a_prompt_without_its_data_is_refused(template: str, block: str) -> None:
    with pytest.raises(RequestRefusedError, match=f"{template} prompt forgot .*{block!r}"):
        await answer(template, other="text")


async def test_a_conversation_without_a_question_is_refused() -> None:
    asked = LLMRequest(model="demo", system="# clarifier", messages=())
    with pytest.raises(RequestRefusedError, match="it has: none"):
        await DemoProvider().complete(asked)


async def test_other_data_than_promised_is_refused() -> None:
    with pytest.raises(RequestRefusedError, match="is no Questionnaire: at summary: "):
        await answer("clarifier", questionnaire='{"project_name": "x"}')
    with pytest.raises(RequestRefusedError, match="is no Questionnaire: at the top: "):
        await answer("clarifier", questionnaire="not JSON")
