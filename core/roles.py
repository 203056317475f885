"""What a model is asked to be, and how hard the work is: what the model router chooses by."""

from typing import Literal, get_args

Role = Literal["planner", "writer", "reviewer", "coder", "debugger"]
"""planner: makes a plan or a structure; writer: prose; reviewer: finds what does not fit; coder:
writes a file; debugger: repairs one."""

Complexity = Literal["low", "medium", "high"]

ROLES: tuple[Role, ...] = get_args(Role)
COMPLEXITIES: tuple[Complexity, ...] = get_args(Complexity)
"""From easy to hard."""
