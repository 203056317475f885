"""Keeps prompt and answer of every call beside the build, for people to read.

A record lies under `report/calls/<stage>/<file or template>/<time>-<template>-<number>.md` in the
build's folder. Records are added and never replaced, so those of earlier runs stay.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol
from uuid import uuid4

from core.errors import (
    AppBuilderError,
    CallLimitError,
    ProviderBusyError,
    RequestRefusedError,
    SpendingLimitError,
)
from core.layout import build_prefix
from providers.llm.call_page import CallRecord, CallResult, page_of
from providers.llm.provider import Answerer, LLMRequest, LLMResponse
from providers.storage.calls import CallIdentity

CALLS = "report/calls/"
"""Folder of the records in the build's own; each stage has one below it."""

_LONGEST_PLACE = 200
_NOT_MADE = (CallLimitError, SpendingLimitError)

_log = logging.getLogger(__name__)


class RecordStore(Protocol):
    """What is needed of an artifact store."""

    async def write_text(self, key: str, text: str, *, durable: bool = True) -> None:
        """Keep a text under a key; seen whole or not at all, unless it is lost in a power cut."""
        ...


class CallRecords:
    """Writes records of calls into an artifact store, without secrets.

    Args:
        store: where they are kept.
        redact: takes every known secret out of a text.
        clock: the time now, in UTC.
        number: sets records of the same moment apart.
    """

    def __init__(
        self,
        store: RecordStore,
        *,
        redact: Callable[[str], str],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        number: Callable[[], str] = lambda: uuid4().hex[:8],
    ) -> None:
        self._store = store
        self._redact = redact
        self._clock = clock
        self._number = number

    def now(self) -> datetime:
        """The time now, in UTC."""
        return self._clock()

    async def keep(self, record: CallRecord) -> str:
        """Write a record down.

        Returns:
            Its key in the store.

        Raises:
            StorageError: the store failed.
        """
        moment = f"{record.began:%Y%m%dT%H%M%S}.{record.began.microsecond // 1000:03}Z"
        name = "-".join(filter(None, (moment, record.call.template, self._number())))
        key = f"{build_prefix(record.call.build_id)}{CALLS}{_place(record.call)}/{name}.md"
        await self._store.write_text(key, self._redact(page_of(record)), durable=False)
        return key

    async def borrowed(
        self, call: CallIdentity, ordinal: int, request: LLMRequest, response: LLMResponse
    ) -> None:
        """Write down an answer that was taken from the response cache, without a call.

        Raises:
            StorageError: the store failed.
        """
        await self.keep(
            CallRecord(
                call=call,
                ordinal=ordinal,
                request=request,
                began=self.now(),
                seconds=0.0,
                result="from the response cache",
                response=response,
            )
        )


class RecordedProvider:
    """Wraps a provider for one caller: each call is written down when it has ended.

    It belongs around whatever keeps the answers: a store that fails here raises, but only after
    the answer was kept and paid for, so that the next attempt finds it. Of a call that failed, the
    failure is raised, whatever becomes of its record.

    Args:
        inner: makes the calls.
        records: where they are written down.
        call: who calls, and about what.
        ordinal: which call of its conversation it is, from 0.
    """

    def __init__(
        self, inner: Answerer, records: CallRecords, call: CallIdentity, *, ordinal: int
    ) -> None:
        self._inner = inner
        self._records = records
        self._call = call
        self._ordinal = ordinal

    @property
    def name(self) -> str:
        """The wrapped provider's name."""
        return self._inner.name

    async def complete(self, request: LLMRequest) -> LLMResponse:
        """Answer one request.

        Raises:
            StorageError: the store failed.
            AppBuilderError: as the wrapped provider.
        """
        began, start = self._records.now(), time.monotonic()

        def record(
            result: CallResult, response: LLMResponse | None = None, error: str = ""
        ) -> CallRecord:
            return CallRecord(
                call=self._call,
                ordinal=self._ordinal,
                request=request,
                began=began,
                seconds=time.monotonic() - start,
                result=result,
                response=response,
                error=error,
            )

        try:
            response = await self._inner.complete(request)
        except _NOT_MADE:
            raise
        except BaseException as error:  # also a cancelled call is written down
            failed = record(_failure(error), error=f"{type(error).__name__}: {error}")
            await asyncio.shield(self._keep_failed(failed))
            raise
        await self._records.keep(record(_success(response), response))
        return response

    async def _keep_failed(self, record: CallRecord) -> None:
        try:
            await self._records.keep(record)
        except AppBuilderError as error:
            _log.warning("the record of a call that failed is not kept: %s", error)


def _success(response: LLMResponse) -> CallResult:
    if response.finish_reason == "length":
        return "cut off"
    return "filtered" if response.finish_reason == "content_filter" else "answered"


def _failure(error: BaseException) -> CallResult:
    if isinstance(error, asyncio.CancelledError):
        return "cancelled"
    if isinstance(error, ProviderBusyError):
        return "busy"
    return "refused" if isinstance(error, RequestRefusedError) else "failed"


def _place(call: CallIdentity) -> str:
    """Folder of a call's record: its stage, and in it the file or the template."""
    about = call.file or call.template or "other"
    if len(about.encode()) > _LONGEST_PLACE:
        digest = hashlib.sha256(about.encode()).hexdigest()[:12]
        about = f"{about.encode()[:_LONGEST_PLACE].decode(errors='ignore')}…{digest}"
    return f"{call.stage}/{about}"
