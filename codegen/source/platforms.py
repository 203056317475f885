"""What a file can import without any package: standard libraries and what bundlers provide."""

import sys

_NODE = frozenset(
    [
        "assert",
        "async_hooks",
        "buffer",
        "child_process",
        "cluster",
        "console",
        "constants",
        "crypto",
        "dgram",
        "diagnostics_channel",
        "dns",
        "domain",
        "events",
        "fs",
        "http",
        "http2",
        "https",
        "inspector",
        "module",
        "net",
        "os",
        "path",
        "perf_hooks",
        "process",
        "punycode",
        "querystring",
        "readline",
        "repl",
        "stream",
        "string_decoder",
        "sys",
        "timers",
        "tls",
        "trace_events",
        "tty",
        "url",
        "util",
        "v8",
        "vm",
        "wasi",
        "worker_threads",
        "zlib",
    ]
)
"""Node's built-in modules that go by a name without `node:`."""

_PROVIDED = ("$app/", "$env/", "$service-worker", "virtual:", "\0", "https:", "http:", "data:",
             "bun:", "astro:")  # fmt: skip


def is_python_standard(name: str) -> bool:
    """Whether a top-level module belongs to Python itself."""
    return name in sys.stdlib_module_names


def is_node_builtin(module: str) -> bool:
    """Whether a module belongs to Node itself, as `fs`, `fs/promises` or `node:test` do."""
    return module.startswith("node:") or module.partition("/")[0] in _NODE


def is_go_standard(module: str) -> bool:
    """Whether a package belongs to Go itself: its first part has no dot, as no host's name has."""
    return "." not in module.partition("/")[0] and not module.startswith(("example/", "local/"))


def is_provided_by_bundler(module: str) -> bool:
    """Whether a framework, a bundler or the network provides it while building or running."""
    return module.startswith(_PROVIDED) or (module.startswith("#") and len(module) > 1)
