# Everything a newcomer, a test machine and CI need. Each target makes what it depends on; nothing is installed by hand.
SHELL := bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WEB := softphone_web
WEB_SOURCES := $(shell find $(WEB)/src $(WEB)/public -type f 2>/dev/null) $(WEB)/index.html $(WEB)/embed.html $(WEB)/vite.config.ts
NATIVE := setup.py $(wildcard gateway/media/native/build_plane.py gateway/media/native/src/*)
WEBRTCBIN := gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-nice \
  gir1.2-gst-plugins-bad-1.0 python3-gst-1.0
TEST_ARGS ?=
DEMO_ARGS ?=
# Most tests wait for timers and sockets rather than for a core.
TEST_PROCESSES ?= 3

.PHONY: demo serve web prepared programs test test-python test-web lint lint-python lint-web bench contract requirements clean

# Elsewhere than on the usual ports: make demo DEMO_ARGS="--listen 127.0.0.1:8081 --meta 127.0.0.1:8091"
demo: $(VENV)/.runtime gateway/web/index.html  ## the gateway, a simulated Meta, a number and users: one command
	@$(BIN)/ramal demo $(DEMO_ARGS)

serve: $(VENV)/.runtime gateway/web/index.html  ## the gateway alone, set up by RAMAL_* variables
	@$(BIN)/ramal serve

test: test-web test-python

test-python: prepared
	@$(BIN)/python setup.py --quiet build_ext --inplace
	$(BIN)/pytest -n $(TEST_PROCESSES) --dist loadfile -m 'not alone and not paired' $(TEST_ARGS)
	$(BIN)/pytest -n 2 --dist loadfile -m paired $(TEST_ARGS)
	$(BIN)/pytest -m alone $(TEST_ARGS)

prepared: $(VENV)/.dev gateway/web/index.html programs  ## all that lint and tests need; its parts can be made at once

programs:
	@scripts/system-packages chromium firefox-esr pulseaudio espeak-ng coturn postgresql redis-server gcc clang libclang-rt-dev libssl-dev $(WEBRTCBIN)

test-web: $(WEB)/node_modules/.installed
	cd $(WEB) && npm test --silent

lint: lint-python lint-web

lint-python: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lint-web: $(WEB)/node_modules/.installed $(VENV)/.dev
	cd $(WEB) && npm run --silent lint
	cd $(WEB) && npm run --silent contract:check

bench: $(VENV)/.dev  ## our planes beside bare UDP, rtpengine and Janus; one JSON object of figures on the last line
	@$(BIN)/python -m tests.bench

web: gateway/web/index.html

contract: $(WEB)/node_modules/.installed $(VENV)/.dev  ## TypeScript of the Socket.IO contract
	cd $(WEB) && npm run --silent contract

requirements: $(VENV)/.runtime  ## pin again what pyproject.toml asks for
	$(BIN)/uv pip compile --quiet --generate-hashes --no-header --python-version 3.11 requirements/bootstrap.in -o requirements/bootstrap.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --no-header --python-version 3.11 --extra dev pyproject.toml -o requirements/dev.txt

clean:
	rm -rf $(VENV) build gateway/media/native/*.so gateway/web $(WEB)/node_modules artifacts *.egg-info

$(VENV)/.made: requirements/bootstrap.txt
	@scripts/python-is-usable $(PYTHON)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

$(VENV)/.runtime: $(VENV)/.made requirements/runtime.txt pyproject.toml $(NATIVE)
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/runtime.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q gateway signaling store recording
	@$(BIN)/python -m gateway.media.planes
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

$(WEB)/node_modules/.installed: $(WEB)/package-lock.json
	@scripts/node-is-usable
	cd $(WEB) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

gateway/web/index.html: $(WEB)/node_modules/.installed $(WEB_SOURCES)
	cd $(WEB) && npm run --silent build
	@touch $@
