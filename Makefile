# Two commands matter: `make ask` (set up, then the main job) and `make test` (set up, then the whole suite).
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
TEXT   ?= Deploy Kuma and add existing portals to config
PERSON ?= ana

.PHONY: ask test quick lint bench clean
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

clean:
	rm -rf $(VENV)
