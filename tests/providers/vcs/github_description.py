"""GitHub's own description of its API: what requests and answers look like.

The shapes are a part of <https://github.com/github/rest-api-description>, Copyright (c) GitHub,
Inc., under the MIT licence.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse

HOST = "https://api.github.com"
_FILE = Path(__file__).with_name("github-openapi-shapes.json")
_VALUES = {"uri": "https://example.com/x", "date-time": "2025-01-01T00:00:00Z", "email": "a@b.c"}


@cache
def description() -> "Description":
    """GitHub's description, read once."""
    return Description()


class Description:
    """Checks requests and answers, and makes the least answer that is right."""

    def __init__(self) -> None:
        self._document: dict[str, Any] = json.loads(_FILE.read_text())
        self._api = OpenAPI.from_dict(self._document)

    def check(
        self, method: str, path: str, body: bytes, status: int, answer: bytes, query: dict[str, str]
    ) -> None:
        """Raise where a request or its answer is not as GitHub describes it."""
        request = MockRequest(
            *(HOST, method.lower(), path),
            args=query,
            data=body or None,
            content_type="application/json",
        )
        self._api.validate_request(request)
        response = MockResponse(answer, status_code=status, content_type="application/json")
        self._api.validate_response(request, response)

    def least(self, schema: str, **values: object) -> dict[str, Any]:
        """An object of a schema: all that it requires, with some values given."""
        made: dict[str, Any] = self._least({"$ref": f"#/components/schemas/{schema}"})
        return {**made, **values}

    def _least(self, schema: dict[str, Any]) -> Any:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self._least(self._document["components"]["schemas"][name])
        for alternatives in ("oneOf", "anyOf"):
            if alternatives in schema:
                return self._least(schema[alternatives][0])
        if "allOf" in schema:
            parts = [self._least(part) for part in schema["allOf"]]
            return {name: value for part in parts for name, value in part.items()}
        return schema["enum"][0] if "enum" in schema else self._plain(schema)

    def _plain(self, schema: dict[str, Any]) -> Any:
        kind = schema.get("type", "object")
        if schema.get("nullable"):
            return None
        if kind == "object":
            properties = schema.get("properties", {})
            return {name: self._least(properties[name]) for name in schema.get("required", ())}
        if kind == "string":
            return _VALUES.get(schema.get("format", ""), "x")
        least: dict[str, Any] = {"array": [], "boolean": False}
        return least.get(kind, 1)
