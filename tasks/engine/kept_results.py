"""Results of stages' calls that are kept without a task run of their own.

They lie where Prefect keeps those of task runs, under the same keys and in the same form, so that
a file is found again however it was written: by a task of its own, or in a batch.
"""

import logging

from prefect.exceptions import SerializationError
from prefect.results import ResultStore
from prefect.serializers import JSONSerializer

from core.errors import ArtifactNotFoundError, StorageError
from tasks.engine.result_storage import ArtifactStoreResults
from tasks.engine.stage_call import StageCall, StageResult

_log = logging.getLogger(__name__)


class KeptResults:
    """Finds and keeps results.

    Args:
        storage: where Prefect keeps those of the build's tasks.
    """

    def __init__(self, storage: ArtifactStoreResults) -> None:
        self._storage = storage
        self._store = ResultStore(
            result_storage=storage, serializer=JSONSerializer(), cache_result_in_memory=False
        )

    async def find(self, call: StageCall, key: str) -> StageResult | None:
        """The result of a call, if it is kept.

        Args:
            call: whose result.
            key: its `result_key`, which is made anew whenever it is asked for.

        Raises:
            StorageError: the store failed, or what is kept there is something else.
        """
        if self._storage.lacks(key):  # as nearly always; Prefect takes long to say so
            return None
        try:
            record = await self._store.aread(key)
        except ArtifactNotFoundError:
            return None
        except (SerializationError, ValueError) as error:
            # Written by another version: made again and written over, it does no harm.
            _log.warning("the kept result of %r cannot be read: %s", call.name, error)
            return None
        if not isinstance(record.result, StageResult):
            raise StorageError(
                f"the kept result of {call.name!r} is a {type(record.result).__name__}, not a "
                f"StageResult; redo it with --from-stage {call.stage}"
            )
        return record.result

    async def keep(self, key: str, result: StageResult) -> None:
        """Keep the result of a call under its `result_key`.

        Raises:
            StorageError: the store failed.
        """
        await self._store.awrite(result, key=key)
