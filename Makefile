# What a person does. Each word sets up what it needs, and does nothing where nothing has changed.
PYTHON := .venv/bin/python

.PHONY: help demo up test chaos chaos-nightly bench conformance-newest check types lint setup setup-tests functions web generated constraints image ready

help: ## list the words
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ready ## make one image and one video, then leave the page open
	@$(PYTHON) -m local.demo

up: ready ## run everything in the foreground until Ctrl-C
	@$(PYTHON) -m local.up

test: setup-tests ## run all tests
	@$(MAKE) --no-print-directory --jobs=2 ready lint types
	@$(PYTHON) -m pytest --cov --numprocesses 2 --no-loadscope-reorder

# The tests run against the runpod of constraints.txt; this tells what RunPod has changed since.
conformance-newest: setup ## test what the emulator rests on against the newest runpod of PyPI
	@$(PYTHON) -m venv build/conformance-newest
	@build/conformance-newest/bin/python -m pip install --quiet --disable-pip-version-check --upgrade \
	    runpod aiohttp pytest pytest-timeout
	@build/conformance-newest/bin/python -c 'import runpod; print("runpod", runpod.__version__)'
	@build/conformance-newest/bin/python -m pytest -W default tests/runpod_emulator/test_sdk_*.py

chaos: setup-tests ## prove that every request ends exactly once, whatever dies
	@$(PYTHON) -m chaos

chaos-nightly: setup-tests ## the same, with 10,000 jobs on the real emulators
	@$(PYTHON) -m chaos --size nightly

bench: setup-tests ready ## measure, and print one table of ratios
	@$(PYTHON) -m benchmarks

check: lint types ## lint, types, import direction, nothing stale

types: setup
	@$(PYTHON) -m mypy --no-error-summary .

lint: setup
	@$(PYTHON) -m ruff check --quiet .
	@$(PYTHON) -m ruff format --check --quiet .
	@node_modules/.bin/tsc --noEmit -p web
	@$(PYTHON) -m codegen --check
	@$(PYTHON) -m pytest --quiet --no-header --no-summary tests/test_architecture.py

setup: ## install what is needed (Python and Node packages, Java)
	@sh local/setup.sh

setup-tests:
	@sh local/setup.sh --tests

ready: setup functions web

functions: setup ## stage the functions as they are deployed, in build/functions
	@$(PYTHON) -m local.functions_bundle

web: setup ## bundle the page, in web/dist
	@node web/build.mjs

generated: setup ## write what is generated from contracts/
	@$(PYTHON) -m codegen

constraints: ## pin every package at the version that is installed now
	@{ echo '# Every package at the version that the tests ran with. Made by: make constraints'; \
	   $(PYTHON) -m pip freeze --disable-pip-version-check 2>/dev/null | sed 's/+cpu//'; } > constraints.txt

image: ## build the GPU worker's image
	docker build --platform linux/amd64 -t safelight-worker .
