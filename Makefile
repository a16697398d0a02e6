# Everything happens in .venv; pip uses whatever index it is configured for. `make help` lists the
# targets. Needs Python 3.11 or later; PYTHON=... chooses one.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
PYTEST_ARGS ?=
BENCH_ARGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test bench lint types docs-config clean mosquitto

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 22

run: $(VENV)/.installed-broker ## Install, then watch the daemon at work on a simulated plant
	@$(BIN)/streamrnn demo

test: $(VENV)/.installed-test mosquitto ## Install, then run the whole test suite
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

bench: $(VENV)/.installed-bench mosquitto ## Install, then measure: a table, and build/benchmarks.json
	@mkdir -p build
	@$(BIN)/python -m benchmarks --json build/benchmarks.json $(BENCH_ARGS)

lint: $(VENV)/.installed-lint ## Check style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.installed-lint ## Check types, strictly
	@$(BIN)/mypy

docs-config: $(VENV)/.installed-broker ## Write configs/streamrnn.toml anew from the code's defaults
	@$(BIN)/python -m streamrnn.config.reference > configs/.streamrnn.toml
	@mv configs/.streamrnn.toml configs/streamrnn.toml

clean: ## Remove all that was installed or made
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp per extra, so that the second run starts at once.
$(VENV)/.installed-%: pyproject.toml | $(VENV)/.created
	@echo "Installing streamrnn[$*] into $(VENV); later runs start at once."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

# Debian's python3 comes without ensurepip, which is in python3-venv.
$(VENV)/.created:
	@if [ -z "$(PYTHON)" ]; then \
		echo "streamrnn needs Python 3.11 or later (Debian: apt-get install python3-venv)" >&2; \
		exit 1; \
	fi
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { $(call apt_install,python3-venv); } || { \
		echo "Python's venv module is missing. Install it with:" >&2; \
		echo "    sudo apt-get install python3-venv" >&2; \
		exit 1; \
	}
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# Tests that need a real broker are reported as not run without one.
mosquitto:
	@PATH="$$PATH:/usr/sbin:/usr/local/sbin"; \
	command -v mosquitto >/dev/null || { $(call apt_install,mosquitto openssl); } || \
		echo "mosquitto is missing: what needs it will be reported as not run." \
			"To have it: sudo apt-get install mosquitto"

# Fails where we may not install packages.
apt_install = [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	echo "Installing $(1) with apt-get" && export DEBIAN_FRONTEND=noninteractive && \
	{ apt-get install -y -qq --no-install-recommends $(1) >/dev/null 2>&1 || { \
	apt-get update -qq && apt-get install -y -qq --no-install-recommends $(1) >/dev/null; }; }
