# pyright: basic, reportMissingImports=false
"""Files written by a LangGraph graph with its SQLite checkpointer.

Run in an environment of its own, which has nothing of this project:
`python write_files.py ASSIGNMENT OUTCOME`. Both are JSON files; see `benchmarks/sides/peers.py`.
"""

import asyncio
import json
import operator
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any, TypedDict

import aiohttp
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send


class State(TypedDict):
    """What the graph keeps: the files that are there, by number."""

    written: Annotated[dict[int, str], operator.or_]


class Assigned(TypedDict):
    """What a node that writes is sent."""

    number: int


def graph_of(assignment: dict[str, Any], session: aiohttp.ClientSession) -> Any:
    """Write the first files side by side, then the others."""
    files = assignment["files"]

    async def ask(system: str, user: str) -> str:
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        body = {"model": "bench-1", "max_tokens": 8192, "messages": messages}
        async with session.post(assignment["url"], json=body) as response:
            answer = await response.json()
        return answer["choices"][0]["message"]["content"]

    async def write(assigned: Assigned) -> dict[str, Any]:
        file = files[assigned["number"]]
        brief = await ask(assignment["briefer"], file["brief"])
        text = await ask(assignment["coder"], f"{file['file']}\n{brief}")
        return {"written": {assigned["number"]: text}}

    def sent(node: str, numbers: range) -> Any:
        return lambda _: [Send(node, {"number": number}) for number in numbers]

    graph = StateGraph(State)
    graph.add_node("write_first", write)
    graph.add_node("between", lambda _: {})
    graph.add_node("write", write)
    first = assignment["first"]
    graph.add_conditional_edges(START, sent("write_first", range(first)), ["write_first"])
    graph.add_edge("write_first", "between")
    graph.add_conditional_edges("between", sent("write", range(first, len(files))), ["write"])
    graph.add_edge("write", END)
    return graph


async def measured(assignment: dict[str, Any]) -> dict[str, float]:
    """Write all files once."""
    with tempfile.TemporaryDirectory() as folder:
        connector = aiohttp.TCPConnector(limit=0)
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            AsyncSqliteSaver.from_conn_string(str(Path(folder, "checkpoints.db"))) as saver,
        ):
            await saver.setup()
            graph = graph_of(assignment, session).compile(checkpointer=saver)
            config = {
                "max_concurrency": assignment["at_once"],
                "configurable": {"thread_id": "files"},
            }
            begun = time.perf_counter()
            state = await graph.ainvoke({"written": {}}, config)
            seconds = time.perf_counter() - begun
    for number, file in enumerate(assignment["files"]):
        if file["holds"] not in state["written"][number]:
            raise ValueError(f"file {number} is not what the model answered")
    return {"seconds": seconds}


def main() -> None:
    """Do what the assignment says."""
    assignment = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    outcome = asyncio.run(measured(assignment))
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (peak,) = (line for line in status if line.startswith("VmHWM:"))
    outcome["cpu_seconds"] = time.process_time()
    outcome["peak_mb"] = int(peak.split()[1]) / 1024
    Path(sys.argv[2]).write_text(json.dumps(outcome), encoding="utf-8")


if __name__ == "__main__":
    main()
