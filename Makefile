PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.PHONY: explorer demo test test-all lint format gpu screenshots bench fuzz clean

explorer: .venv/installed  ## browse FERM, its confusion matrix and mistakes
	$(BIN)/streamlit run apps/explorer.py $(ARGS)

demo: .venv/installed  ## upload faces, see predictions
	$(BIN)/python apps/demo.py $(ARGS)

test: .venv/installed-dev  ## the fast tests, in parallel
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

test-all: .venv/installed-dev  ## also those that take minutes
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "slow or not slow" $(ARGS)

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

gpu: .venv/installed  ## JAX for an NVIDIA GPU: train with KERAS_BACKEND=jax
	$(BIN)/pip install -r requirements-gpu.txt

screenshots: .venv/installed-dev  ## the README's pictures, from the running apps
	$(BIN)/python -m scripts.screenshots

bench: .venv/installed  ## how long things take on this machine, into RESULTS.md
	$(BIN)/python -m scripts.bench --record $(ARGS)

fuzz: .venv/installed-dev  ## ten minutes of hostile files and an attacked demo, counted into RESULTS.md
	$(BIN)/python -m scripts.fuzz --load --record $(ARGS)

clean:
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis

# The stamps are newer than the requirements once these are installed.
.venv/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "FERM needs Python 3.11 to 3.13 (TensorFlow has no wheels for others); name one with PYTHON=, as in: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import platform, sys; sys.exit((platform.system(), platform.machine()) == ("Darwin", "x86_64"))' || \
		{ echo "TensorFlow has no wheels for Intel Macs; install what they have with: pip install '.[mask,build,explorer,demo]'"; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv || \
		{ echo "python3 -m venv failed; on Debian and Ubuntu install python3-venv first."; exit 1; }
	@echo "Installing requirements.txt into .venv (about 3 GB, once)"
	$(BIN)/pip install --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt
	$(BIN)/pip install --disable-pip-version-check -r requirements-dev.txt
	@touch $@
