# Every command of the repository; `make` alone lists them.
# Two need nothing but Python >= 3.11 and make: `make demo` and `make test`.

PORT ?= 8000
ARGS ?=

VENV   := .venv
PYTHON_IN := $(VENV)/bin/python
UV     := $(VENV)/bin/uv
MANAGE := DJANGO_SETTINGS_MODULE=demo.settings $(PYTHON_IN) demo/manage.py

# All stays in this folder, caches too; another place for them may be given.
export UV_CACHE_DIR ?= $(CURDIR)/.cache/uv
export npm_config_cache ?= $(CURDIR)/.cache/npm
export UV_PYTHON_DOWNLOADS := never
# What the shell carries for other projects must not reach this one.
unexport DJANGO_SETTINGS_MODULE PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONPATH

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

.PHONY: help
help:
	@echo 'make TARGET [ARGS="more arguments"] [PORT=8000]'
	@echo
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

# --- to see it -----------------------------------------------------------------------------------

.PHONY: demo demo-redis
demo: $(VENV)/.demo ## run the demo on http://127.0.0.1:PORT/
	@$(MANAGE) migrate --no-input --verbosity 0
	@DJANGO_SETTINGS_MODULE=demo.settings $(PYTHON_IN) scripts/serve_demo.py $(PORT)

demo-redis: $(VENV)/.demo redis ## the same as many processes: on PORT and PORT+1, Redis, Celery
	@$(MANAGE) migrate --no-input --verbosity 0
	@DJANGO_SETTINGS_MODULE=demo.settings REDIS_SERVER="$$(scripts/redis.sh)" \
		$(PYTHON_IN) scripts/serve_demo_redis.py $(PORT)

# --- to test it ----------------------------------------------------------------------------------

.PHONY: test test-unit test-chaos test-soak test-load test-browser browser libraries redis
test: test-unit test-chaos test-browser ## unit tests, a minute of faults, browser tests

# Most tests wait: so many files of them run at once. `make test-unit AT_ONCE=0` runs them in this process.
AT_ONCE ?= 2
SIDE_BY_SIDE = --numprocesses $(AT_ONCE) --dist loadfile

test-unit: $(VENV)/.dev redis ## unit tests alone; ARGS="-k name"
	REDIS_SERVER="$$(scripts/redis.sh)" $(PYTHON_IN) -m pytest tests $(WITHOUT_RUN) $(SIDE_BY_SIDE) $(ARGS)

# Real processes for a minute of faults; CHAOS_SECONDS and CHAOS_SEED change it.
CHAOS_RUN := tests/chaos/test_run.py
WITHOUT_RUN := --ignore $(CHAOS_RUN)

test-chaos: $(VENV)/.dev redis ## servers, workers, Redis and 150 windows under faults (100 s)
	REDIS_SERVER="$$(scripts/redis.sh)" $(PYTHON_IN) -m pytest $(CHAOS_RUN) $(ARGS)

test-soak: $(VENV)/.dev redis ## windows that reconnect for SOAK_SECONDS (an hour), and what they leave
	REDIS_SERVER="$$(scripts/redis.sh)" $(PYTHON_IN) -m pytest tests/soak -m soak -s $(ARGS)

test-load: $(VENV)/.dev ## readers that stall, a window that floods: memory and the others (1 min)
	$(PYTHON_IN) -m pytest tests/load -m load -s $(ARGS)

# In a process of its own: Playwright's synchronous API keeps a running event loop in its thread.
# XDG_*: Chromium writes there, too, beside the profile that Playwright gives it.
test-browser: $(VENV)/.dev browser libraries redis ## browser tests alone; ARGS="-k name"
	CHROMIUM="$$(scripts/browser.sh)" REDIS_SERVER="$$(scripts/redis.sh)" \
	XDG_CONFIG_HOME=$(CURDIR)/.cache/xdg XDG_CACHE_HOME=$(CURDIR)/.cache/xdg \
	$(PYTHON_IN) -m pytest playwright_tests --ds playwright_tests.site.settings $(SIDE_BY_SIDE) $(ARGS)

browser: $(VENV)/.dev ## find Chromium, or install it (Debian, as root), or say how
	@scripts/browser.sh --install

# What the script is tested beside comes from npm; without npm those tests are skipped, and say so.
libraries:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory node_modules/.made; fi

redis: ## find a Redis server, or install it (Debian, as root), or say how
	@scripts/redis.sh --install

.PHONY: floors
floors: $(VENV)/.demo redis ## unit tests with the oldest versions allowed
	$(UV) venv --quiet --clear --python $(PYTHON_IN) .floors
	$(UV) pip install --quiet --python .floors/bin/python --resolution lowest-direct '.[components]'
	$(UV) pip install --quiet --python .floors/bin/python --group test
	REDIS_SERVER="$$(scripts/redis.sh)" .floors/bin/python -m pytest tests $(WITHOUT_RUN) $(ARGS)

.PHONY: bench
bench: $(VENV)/.dev redis ## measure and print
	REDIS_SERVER="$$(scripts/redis.sh)" $(PYTHON_IN) -m benchmarks $(ARGS)

# --- to check it ---------------------------------------------------------------------------------

CHECKS := check-format check-lint check-types check-layers check-django check-js \
	check-addresses check-package

.PHONY: check $(CHECKS)
check: $(CHECKS) ## all checks that are no tests; each is a target, too

check-format: $(VENV)/.dev
	$(PYTHON_IN) -m ruff format --check .

check-lint: $(VENV)/.dev
	$(PYTHON_IN) -m ruff check .

check-types: $(VENV)/.dev
	$(PYTHON_IN) -m mypy

check-layers: $(VENV)/.dev
	$(VENV)/bin/lint-imports --no-cache

check-django: $(VENV)/.dev
	$(MANAGE) check --fail-level WARNING
	$(MANAGE) makemigrations --check --dry-run

check-js: node_modules/.made
	npm run --silent lint
	npm run --silent types
	npm run --silent check-bundle

check-addresses:
	scripts/check_addresses.sh

check-package: $(VENV)/.dev
	$(PYTHON_IN) scripts/check_package.py

.PHONY: format
format: $(VENV)/.dev ## format the sources, Python and JavaScript
	$(PYTHON_IN) -m ruff check --fix-only --exit-zero .
	$(PYTHON_IN) -m ruff format .
	@if [ -d node_modules ]; then npm run --silent format; fi

# --- to keep it ----------------------------------------------------------------------------------

COMPILE = $(UV) --no-config pip compile --quiet --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --no-annotate \
	--custom-compile-command 'make lock' $(ARGS)

.PHONY: lock
lock: $(VENV)/.made ## remake the lock files; ARGS=--upgrade for newer versions
	$(COMPILE) pyproject.toml --group dev --output-file requirements/dev.txt
	$(COMPILE) pyproject.toml --group demo --constraint requirements/dev.txt \
		--output-file requirements/demo.txt
	echo uv | $(COMPILE) - --output-file requirements/uv.txt
	@if command -v npm >/dev/null; then npm install --package-lock-only; fi

.PHONY: clean
clean: ## remove what these commands made, the demo's database too
	rm -rf .venv .floors .cache node_modules dist
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	rm -f demo/*.sqlite3 demo/*.sqlite3-*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- environments: each is made once, and again when its lock file changes ------------------------

$(VENV)/.made: requirements/uv.txt scripts/make_venv.sh
	@scripts/make_venv.sh $(VENV)
	@touch $@

INSTALL = $(UV) pip install --quiet --python $(PYTHON_IN)
INSTALL_SELF = $(INSTALL) --no-deps --no-build-isolation --editable .

$(VENV)/.demo: $(VENV)/.made requirements/demo.txt pyproject.toml
	@echo 'Installing what the demo needs into $(VENV) ...'
	@$(INSTALL) --require-hashes -r requirements/demo.txt
	@$(INSTALL_SELF)
	@touch $@

$(VENV)/.dev: $(VENV)/.made requirements/dev.txt pyproject.toml
	@echo 'Installing what development needs into $(VENV) ...'
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@$(INSTALL_SELF)
	@touch $@

node_modules/.made: package.json package-lock.json
	@command -v npm >/dev/null || { \
		echo 'The checks of the JavaScript need Node.js >= 20 with npm, and there is none.' >&2; \
		echo 'Install it, or leave them out: every other check is a target of its own.' >&2; \
		exit 1; }
	npm ci --no-audit --no-fund
	@touch $@
