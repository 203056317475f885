"""The floor: an asyncio loop over aiohttp, with no more than order, slots and the two calls.

`python -m benchmarks.sides.loop ASSIGNMENT OUTCOME`. Both are JSON files; see `peers`.
"""

import asyncio
import sys
import time
from pathlib import Path

import aiohttp

from benchmarks.sides.assignment import Assignment
from benchmarks.sides.cell import Outcome
from benchmarks.sides.memory import peak_mb


class Loop:
    """Writes the files of an assignment."""

    def __init__(self, assignment: Assignment, session: aiohttp.ClientSession) -> None:
        self._assignment = assignment
        self._session = session
        self._slots = asyncio.Semaphore(assignment.at_once)

    async def run(self) -> list[str]:
        """The first files side by side, then the others."""
        numbers = range(len(self._assignment.files))
        first = self._assignment.first
        written = await asyncio.gather(*(self._write(number) for number in numbers[:first]))
        return written + await asyncio.gather(*(self._write(number) for number in numbers[first:]))

    async def _write(self, number: int) -> str:
        file = self._assignment.files[number]
        async with self._slots:
            brief = await self._ask(self._assignment.briefer, file.brief)
            return await self._ask(self._assignment.coder, f"{file.file}\n{brief}")

    async def _ask(self, system: str, user: str) -> str:
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        body = {"model": "bench-1", "max_tokens": 8192, "messages": messages}
        async with self._session.post(self._assignment.url, json=body) as response:
            answer = await response.json()
        return answer["choices"][0]["message"]["content"]


async def _measured(assignment: Assignment) -> float:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        loop = Loop(assignment, session)
        begun = time.perf_counter()
        written = await loop.run()
        seconds = time.perf_counter() - begun
    for file, text in zip(assignment.files, written, strict=True):
        if file.holds not in text:
            raise ValueError(f"{text[:100]!r}… is not what the model answered")
    return seconds


def main() -> None:
    """Do what the assignment says."""
    assignment = Assignment.model_validate_json(Path(sys.argv[1]).read_bytes())
    seconds = asyncio.run(_measured(assignment))
    outcome = Outcome(seconds=seconds, cpu_seconds=time.process_time(), peak_mb=peak_mb())
    Path(sys.argv[2]).write_text(outcome.model_dump_json(), encoding="utf-8")


if __name__ == "__main__":
    main()
