# Every habit of this repository, one target each. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := bash
DEV := .venv/dev/bin
export PYTHONPATH := functions:.

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

.venv/uv/done: requirements/uv.txt
	python3.11 -m venv .venv/uv
	.venv/uv/bin/pip install -q --require-hashes -r $<
	touch $@

# One environment for each requirements file: the emulator and the SAM CLI pin their own botocore.
.venv/%/done: requirements/%.txt .venv/uv/done
	.venv/uv/bin/uv venv -q --allow-existing --python python3.11 .venv/$*
	.venv/uv/bin/uv pip sync -q --require-hashes --python .venv/$*/bin/python $<
	touch $@

check: .venv/dev/done  ## lint, types, template
	$(DEV)/ruff format --check .
	$(DEV)/ruff check .
	$(DEV)/mypy

test: .venv/dev/done  ## every test; needs no running stack
	$(DEV)/pytest

lock: .venv/uv/done  ## pin the requirements again, with hashes
	for f in functions/requirements requirements/dev requirements/emulator requirements/sam requirements/uv; do \
	  .venv/uv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' $$f.in -o $$f.txt; done

.PHONY: help check test lock
