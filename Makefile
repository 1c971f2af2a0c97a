# Two commands matter: `make ask` (set up, then the main job) and `make test` (set up, then the whole suite).
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
TEXT   ?= Deploy Kuma and add existing portals to config
PERSON ?= ana
# Images forbid Python its bytecode files; each of the hundreds of programs that tests start would compile all anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: ask test quick lint bench bench-planning clean
ask: $(STAMP)
	$(BIN)/sayso ask "$(TEXT)" --as "$(PERSON)" || [ $$? -eq 5 ] # 5: left open for somebody else to approve

test: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal

# What a contributor runs all the time.
quick: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: $(STAMP)
	$(BIN)/python -m benchmarks.run

# `--without-pip` and `pip --python`: a bare Debian has venv but not ensurepip, and needs no package for this.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv --without-pip $(VENV)
	$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check \
	  --constraint constraints.txt --editable '.[all]' $$($(PYTHON) .ci/dev_requirements.py)
	touch $@

# Other people's requests and checkers, in an environment of their own (docs/benchmarks.md). `--no-deps`: of what they
# depend on, which is the client of every model there is, requirements.txt names the little that they import here.
PLANNING := benchmarks/planning/.venv
bench-planning: $(PLANNING)/.installed
	$(PLANNING)/bin/python -m benchmarks.planning $(ARGS)

$(PLANNING)/.installed: pyproject.toml constraints.txt benchmarks/planning/requirements.txt
	$(PYTHON) -m venv --without-pip $(PLANNING)
	$(PYTHON) -m pip --python $(PLANNING)/bin/python install --quiet --disable-pip-version-check \
	  --constraint constraints.txt --editable .
	$(PYTHON) -m pip --python $(PLANNING)/bin/python install --quiet --disable-pip-version-check \
	  --no-deps --requirement benchmarks/planning/requirements.txt
	touch $@

clean:
	rm -rf $(VENV) $(PLANNING)
