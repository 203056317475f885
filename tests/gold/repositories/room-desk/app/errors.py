"""What is refused, as JSON with a status of its own."""

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException


class RefusedError(Exception):
    """A request cannot be done.

    Attributes:
        status: the status of the answer.
        reason: what is wrong with the request.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def answer_errors(app: Flask) -> None:
    """Have an application answer what it refuses, and what it does not know, as JSON."""
    app.register_error_handler(RefusedError, _refused)
    app.register_error_handler(HTTPException, _failed)


def _refused(error: RefusedError) -> tuple[Response, int]:
    return jsonify({"error": error.reason}), error.status


def _failed(error: HTTPException) -> tuple[Response, int]:
    return jsonify({"error": error.description}), error.code or 500
