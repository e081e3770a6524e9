# Two doors: `make demo` sets up and solves the report's city, `make test` sets up and passes the tests.
PYTHON ?= python3
VENV ?= .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif

.PHONY: demo test test-slow newest audit docs quick models figures clean

demo: $(VENV)/installed
	$(BIN)/devolve-opt run scenarios/baseline.toml

# Three workers keep two processors busy: tests wait for solver processes.
test: $(VENV)/installed
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest -n 3

# What takes minutes each, such as the city solved to its proof, and each law on four times as many examples.
test-slow: $(VENV)/installed
	$(BIN)/python -m pytest -m slow --thorough
	$(BIN)/python -m pytest -n 2 -m "hypothesis and not slow" --thorough

# The tests with the newest versions of everything that may be installed, in an environment of its own.
newest:
	$(PYTHON) -m venv build/newest
	build/newest/$(notdir $(BIN))/python -m pip install --quiet --upgrade --upgrade-strategy eager --editable ".[dev]"
	build/newest/$(notdir $(BIN))/python -m pip list --outdated
	build/newest/$(notdir $(BIN))/python -m pytest -n 3

# Known weaknesses of the packages that are installed (asks a database on the network).
audit: $(VENV)/installed
	$(PYTHON) -m venv build/audit
	build/audit/$(notdir $(BIN))/python -m pip install --quiet --upgrade pip-audit
	build/audit/$(notdir $(BIN))/pip-audit --path "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"

# The documentation as pages that open without a network, from the file system too.
docs: $(VENV)/installed
	$(BIN)/python -m sphinx -W --keep-going -q -E -b html -d build/doctrees docs build/docs
	@echo "Open $(CURDIR)/build/docs/index.html in a browser."

# Speed and memory of small scenarios, printed and never asserted; the others: `python -m benchmarks --help`.
quick: $(VENV)/installed
	$(BIN)/python -m benchmarks quick

# The data dictionary, the policy's page and the committed cases, anew from the schema, the policy and the generator.
models: $(VENV)/installed
	$(BIN)/python -m devolve_opt.schema.dictionary models/README.md
	$(BIN)/python -m devolve_opt.views.policy_page scenarios/POLICY.md
	$(BIN)/devolve-opt synth models/city --size city --seed 2021 --replace
	$(BIN)/devolve-opt synth models/pilot-district --size pilot-district --seed 2021 --replace
	$(BIN)/devolve-opt synth models/hand --size hand --replace

# The pictures that the tests hold every figure against, anew; look at each that changes.
figures: $(VENV)/installed
	$(BIN)/python tests/test_figures.py

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	$(BIN)/python -c "open('$(VENV)/installed', 'w').close()"

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis runs
