# Everything happens in .venv; pip uses whatever index it is configured for. `make help` lists the
# targets. Needs Python 3.11 or later; PYTHON=... chooses one.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
PYTEST_ARGS ?=
RUN_ARGS ?=
LOCK_ARGS ?=
BENCH_ARGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test bench torture lint types docs-config dashboards lock audit sbom deb clean mosquitto prometheus receivers systemd \
	test-bare test-systemd test-image test-image-arm64 test-compose test-arm64

help: ## List the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /  make \1\t/p' Makefile | expand -t 22

run: $(VENV)/.installed-broker ## Install, then watch the daemon at work on a simulated plant
	@$(BIN)/streamrnn demo $(RUN_ARGS)

test: $(VENV)/.installed-test $(VENV)/.installed-pysparkplug mosquitto prometheus receivers systemd ## Install, then run the whole test suite
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

bench: $(VENV)/.installed-bench mosquitto ## Install, then measure: a table, and build/benchmarks.json
	@mkdir -p build
	@$(BIN)/python -m benchmarks --json build/benchmarks.json $(BENCH_ARGS)

torture: $(VENV)/.installed-test $(VENV)/.installed-fuzz mosquitto ## Install, then the whole torture campaign in its long form: days
	@$(BIN)/python -m tests.torture $(or $(ROWS),all) $(TORTURE_ARGS)

lint: $(VENV)/.installed-lint ## Check style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.installed-lint ## Check types, strictly
	@$(BIN)/mypy

docs-config: $(VENV)/.installed-broker ## Write configs/streamrnn.toml anew from the code's defaults
	@$(BIN)/python -m streamrnn.config.reference > configs/.streamrnn.toml
	@mv configs/.streamrnn.toml configs/streamrnn.toml

dashboards: $(VENV)/.installed-dashboards ## Write Grafana's dashboards anew from their code
	@$(BIN)/python -m deploy.grafana.source

lock: $(VENV)/.installed-release ## Pin every dependency with its hashes: requirements/*.txt (LOCK_ARGS=--upgrade)
	@deploy/release/lock.sh $(BIN)/uv $(LOCK_ARGS)

audit: $(VENV)/.installed-release ## Look the pinned dependencies up among known vulnerabilities
	@$(BIN)/python deploy/release/audit.py requirements/daemon.txt

sbom: $(VENV)/.installed-release ## List what the daemon consists of: dist/streamrnn.cdx.json (CycloneDX)
	@mkdir -p dist
	@$(BIN)/cyclonedx-py requirements requirements/daemon.txt --pyproject pyproject.toml \
		--output-reproducible --output-file dist/streamrnn.cdx.json

deb: $(VENV)/.created ## Build dist/streamrnn_*.deb for the Debian that this is
	@deploy/debian/build.sh $(BIN)/python

test-bare: ## make run and make test on a bare Debian 12 (root, debootstrap, systemd-nspawn)
	@deploy/test/bare.sh

test-systemd: deb ## Install and run the package under a real systemd (as above)
	@deploy/test/systemd.sh dist/streamrnn_*.deb

test-image: ## Build and run the image (as above, podman, mosquitto)
	@deploy/test/image.sh

test-image-arm64: ## The same for arm64, emulated elsewhere: half an hour (as above, qemu-user-static)
	@ARCHITECTURE=arm64 deploy/test/image.sh

test-compose: ## Start the compose file, all but Grafana (as above, podman, netavark, aardvark-dns, iptables)
	@deploy/test/compose.sh

test-arm64: ## Run it on arm64, emulated elsewhere (as above, qemu-user-static)
	@deploy/test/arm64.sh

clean: ## Remove all that was installed or made
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp per extra, so that the second run starts at once.
$(VENV)/.installed-%: pyproject.toml | $(VENV)/.created
	@echo "Installing streamrnn[$*] into $(VENV); later runs start at once."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

# The tests hold our Sparkplug against it. It asks for an older paho-mqtt, which its payloads do not
# need: no extra can name it, so it is installed without what it asks for.
$(VENV)/.installed-pysparkplug: $(VENV)/.installed-test
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps pysparkplug==0.6.1
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

# systemd-analyze checks the units.
systemd:
	@command -v systemd-analyze >/dev/null || { $(call apt_install,systemd); } || \
		echo "systemd is missing: what needs it will be reported as not run." \
			"To have it: sudo apt-get install systemd"

# With promtool, which checks the alert rules.
prometheus:
	@command -v promtool >/dev/null || { $(call apt_install,prometheus); } || \
		echo "prometheus is missing: what needs it will be reported as not run." \
			"To have it: sudo apt-get install prometheus"

# Where alerts and readings go in the tests.
receivers:
	@command -v prometheus-alertmanager >/dev/null && command -v influxd >/dev/null || \
		{ $(call apt_install,prometheus-alertmanager influxdb); } || \
		echo "prometheus-alertmanager or influxdb is missing: what needs them will be reported as" \
			"not run. To have them: sudo apt-get install prometheus-alertmanager influxdb"

# Fails where we may not install packages.
apt_install = [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	echo "Installing $(1) with apt-get" && export DEBIAN_FRONTEND=noninteractive && \
	{ apt-get install -y -qq --no-install-recommends $(1) >/dev/null 2>&1 || { \
	apt-get update -qq && apt-get install -y -qq --no-install-recommends $(1) >/dev/null; }; }
