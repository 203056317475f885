"""Cache keys by content: the same work is found again by any run of any build."""

from typing import Any

from prefect.cache_policies import CachePolicy
from prefect.context import TaskRunContext

from tasks.engine.stage_call import StageCall


class ContentAddressed(CachePolicy):
    """Key of a stage's task: the digest of its `StageCall`, and never the run's id."""

    def compute_key(
        self,
        task_ctx: TaskRunContext,
        inputs: dict[str, Any],
        flow_parameters: dict[str, Any],
        **kwargs: Any,
    ) -> str | None:
        """Digest of the one `StageCall` among the task's arguments; none, and nothing is kept."""
        calls = [value for value in inputs.values() if isinstance(value, StageCall)]
        return calls[0].result_key if len(calls) == 1 else None
