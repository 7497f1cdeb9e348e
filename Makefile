# Everything a person or a CI machine asks of this checkout.  Needs make and Python 3.11+, nothing else.
#   make PYTHON=python3.12 test     another interpreter
#   make test ARGS="-k layers"      more words for pytest

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check

# One stamp for the interpreter that the environment was made by, one for each set of packages in it.
MADE := $(VENV)/.made-by-$(subst /,-,$(PYTHON))
BASE := $(VENV)/.installed
TEST := $(VENV)/.installed-test
DEV := $(VENV)/.installed-dev

# Tests are spread over the processors and one more, since many wait for something; `make test SPREAD=` runs them one
# after the other.
CORES = $(shell $(PYTHON) -c 'import os; print(len(os.sched_getaffinity(0)))' 2>/dev/null || echo 2)
SPREAD ?= -n $(shell expr $(CORES) + 1) --dist worksteal

STORYBOARDS := $(filter-out %.lock.yaml,$(wildcard examples/storyboards/*.yaml))

# Bytecode is what makes the second start quick; a foreign PYTHONPATH would hide what is being tested.
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME

.PHONY: help demo test lint torture coverage fuzz bench test-wheel clean
.DELETE_ON_ERROR:

help:
	@echo "make demo        build the films of examples/storyboards/: free, offline once installed"
	@echo "make test        the whole test suite"
	@echo "make lint        ruff and mypy"
	@echo "make test-wheel  the suite against the built wheel, outside this checkout"
	@echo "make torture     many more rounds of killing builds"
	@echo "make coverage    branches of execute/ that its tests take; best with PYTHON=python3.13"
	@echo "make fuzz        many more random inputs"
	@echo "make bench       start-up, no-op build, animatic, polling, jobs in flight: Markdown tables"
	@echo "make clean       remove what these made; .r2v (finished clips) stays"

demo: $(BASE)
	@for storyboard in $(STORYBOARDS); do \
	  echo "== r2v build $$storyboard"; \
	  $(BIN)/r2v build "$$storyboard" --yes || exit; \
	done

test: $(TEST)
	@$(BIN)/python -m pytest $(SPREAD) $(ARGS)

lint: $(DEV)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --strict r2v_pipeline

torture: $(TEST)
	@R2V_TORTURE=1 $(BIN)/python -m pytest $(SPREAD) -m torture $(ARGS)

# The tracer of Python 3.11 misses branches around `with` and `await`: ask with a newer one.
coverage: $(DEV)
	@$(BIN)/python -m coverage run --branch --source=r2v_pipeline/execute -m pytest tests/execute $(ARGS)
	@$(BIN)/python -m coverage report --show-missing --skip-covered --fail-under=100

fuzz: $(TEST)
	@$(BIN)/python -m pytest -m hypothesis --hypothesis-profile=fuzz $(ARGS)

bench: $(TEST)
	@$(BIN)/python benchmarks/startup.py
	@$(BIN)/python benchmarks/noop.py
	@$(BIN)/python benchmarks/animatic.py
	@$(BIN)/python benchmarks/polling.py
	@$(BIN)/python benchmarks/inflight.py

# All but the package is copied, so that `import r2v_pipeline` can only find the installed wheel.
test-wheel: $(TEST)
	@set -e; away=$$(mktemp -d); trap 'rm -rf "$$away"' EXIT; mkdir "$$away/suite"; \
	echo "building the wheel"; \
	$(BIN)/python -m pip wheel -qq --no-deps --wheel-dir "$$away" .; \
	echo "installing it into an environment of its own"; \
	$(BIN)/python -m venv --without-pip "$$away/venv"; \
	$(BIN)/python -m pip --python "$$away/venv/bin/python" install -qq pip "$$(ls "$$away"/*.whl)[test]"; \
	tar --exclude=./r2v_pipeline --exclude=./.git --exclude=./$(VENV) --exclude=./.r2v --exclude=./build \
	  -cf - . | tar -xf - -C "$$away/suite"; \
	cd "$$away/suite"; "$$away/venv/bin/python" -m pytest $(SPREAD) --ignore=tests/structure/test_wheel.py $(ARGS)

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Debian splits ensurepip off into python3-venv; where it is missing, the interpreter's own pip fills the environment.
$(MADE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "r2v needs Python 3.11 or newer. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	@if $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
	  $(PYTHON) -m venv --clear $(VENV); \
	elif $(PYTHON) -c 'import pip, venv' 2>/dev/null; then \
	  $(PYTHON) -m venv --clear --without-pip $(VENV) && $(PYTHON) -m pip --python $(BIN)/python install -qq pip; \
	else \
	  echo "This Python can make no virtual environment. Install its venv package, on Debian and Ubuntu:"; \
	  echo "  apt-get install python3-venv"; exit 1; \
	fi
	@$(PIP) --upgrade pip
	@touch $@

$(BASE): $(MADE) pyproject.toml
	@echo "installing r2v and what it needs (about a minute, once)"
	@$(PIP) --editable .
	@touch $@

$(TEST): $(BASE)
	@echo "installing what the tests need"
	@$(PIP) --editable '.[test]'
	@touch $@

$(DEV): $(BASE)
	@echo "installing ruff and mypy"
	@$(PIP) --editable '.[test,dev]'
	@touch $@
