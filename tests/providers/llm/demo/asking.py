"""Asks the demo provider with data blocks written directly, without the project's templates."""

from pydantic import BaseModel

from core.fence import fenced
from providers.llm.demo.provider import DemoProvider
from providers.llm.provider import LLMRequest, Message


def request(template: str, **blocks: BaseModel | str) -> LLMRequest:
    """A request whose prompt holds nothing but its heading and some data blocks."""
    user = "\n\n".join(fenced(name, value) for name, value in blocks.items())
    return LLMRequest(
        model="any",
        system=f"# {template}\n\nRules.",
        messages=(Message(role="user", content=user),),
    )


async def answer(template: str, **blocks: BaseModel | str) -> str:
    """What the demo provider answers to these blocks."""
    return (await DemoProvider().complete(request(template, **blocks))).content
