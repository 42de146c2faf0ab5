# The commands of this repository. `make` without a target lists them.
.DEFAULT_GOAL := help
SHELL := bash
DEV := .venv/dev/bin
export PYTHONPATH := functions:.:sdk/python/src:cli/src
SAM := .venv/sam/bin/sam
BUILT := .aws-sam/build/template.yaml
AUDIT := .venv/audit/bin
PIP_AUDIT := $(AUDIT)/pip-audit --disable-pip --progress-spinner off
ENV := dev
export UV_SYSTEM_CERTS := true
# Empty, so that pytest may keep the tests that it has rewritten: otherwise each of its processes rewrites all of them.
export PYTHONDONTWRITEBYTECODE :=
export SAM_CLI_TELEMETRY := 0
export SAM_CLI_BETA_PACKAGE_PERFORMANCE := 1  # zips each artifact once, not once for every function

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

.venv/uv/done: requirements/uv.txt
	python3.11 -m venv .venv/uv
	.venv/uv/bin/pip install -q --require-hashes -r $<
	touch $@

# One environment for each requirements file: the emulator and the SAM CLI pin their own botocore.
# Bytecode is compiled here: where Python may not write its caches, each start would compile everything again.
.venv/%/done: requirements/%.txt .venv/uv/done
	.venv/uv/bin/uv venv -q --allow-existing --python python3.11 .venv/$*
	.venv/uv/bin/uv pip sync -q --compile-bytecode --require-hashes --python .venv/$*/bin/python $<
	touch $@

# Node's packages, by their hashes; scripts of theirs are not run. It is 110 MB, and only the benchmark needs it.
.venv/lighthouse/done: requirements/lighthouse/package-lock.json
	mkdir -p .venv/lighthouse
	cp requirements/lighthouse/package*.json requirements/lighthouse/.npmrc .venv/lighthouse
	npm ci --prefix .venv/lighthouse --ignore-scripts --no-audit --no-fund
	touch $@

check: .venv/dev/done  ## format, lint, types, template
	$(DEV)/ruff format --check .
	$(DEV)/ruff check .
	$(DEV)/mypy
	$(DEV)/cfn-lint template.yaml

# The code is not looked at here: ruff has bandit's rules (S), and `make check` runs them. Jinja2 2.4.1 is known to be
# vulnerable, so if nothing is found about it, the database of advisories was not read, and the packages are not audited.
audit: .venv/audit/done  ## check the template's security, and look for known vulnerabilities of the pinned packages; OFFLINE=1 only the template
	$(AUDIT)/checkov --config-file .checkov.yaml
ifndef OFFLINE
	@$(PIP_AUDIT) --no-deps -r <(echo jinja2==2.4.1) 2>&1 | grep -q '^Found ' || { echo \
	  'The packages were NOT audited: the database of advisories (the package index) gave no answer.'; exit 1; }
	failed=0; for f in functions/requirements*.txt requirements/*.txt; do \
	  echo "$$f"; $(PIP_AUDIT) --strict --require-hashes -r "$$f" || failed=1; done; exit $$failed
endif

fix: .venv/dev/done  ## format the code and repair what the linter can
	$(DEV)/ruff format .
	$(DEV)/ruff check --fix .

hooks: .venv/dev/done .venv/hooks/done  ## have git format and lint what is committed, before each commit
	.venv/hooks/bin/pre-commit install

# Found, or installed by Debian's package if this is root: Playwright would load its own from a host of its own.
browser:  ## install Chromium, with which the hub is tested, unless there is one
	@command -v chromium chromium-browser google-chrome chrome > /dev/null || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null && apt-get update -qq && \
	    apt-get install -qq -y chromium fonts-noto-color-emoji > /dev/null; } || \
	  { echo 'The tests need Chromium or Chrome on the PATH. Install it, or run `make browser` as root on Debian.'; exit 1; }

test: browser .venv/dev/done .venv/api/done .venv/emulator/done .venv/sam/done  ## every test, on all cores; ONLY=path-or-word for some
	$(DEV)/python -m infra.build --local  # once, before the test processes need it at the same time
	$(DEV)/pytest -n auto --dist loadgroup $(if $(wildcard $(firstword $(subst ::, ,$(ONLY)))),$(ONLY),$(if $(ONLY),-k '$(ONLY)'))

quick: .venv/dev/done  ## all tests except those that need the stack and those that take long, in about a minute
	$(DEV)/pytest -n auto --dist loadgroup -m 'not stack and not long and not browser' --hypothesis-profile quick

bench: .venv/dev/done  ## measurements with their limits; ONLY=name for some
	@$(DEV)/python -m bench $(ONLY)

fuzz: .venv/dev/done .venv/emulator/done .venv/sam/done .venv/fuzz/done  ## generated requests to every operation of the API on a stack of its own, each answer held against docs/openapi.json; SEED=number
	@$(DEV)/python -m infra.local.fuzz.run

openapi: .venv/dev/done  ## write docs/openapi.json, docs/codes.md and the modules of the Python client again
	$(DEV)/python -m infra.openapi

validate: .venv/sam/done  ## the template as the SAM CLI sees it
	$(SAM) validate --lint --region us-east-1

build: .venv/sam/done  ## build the deployable code into .aws-sam/build: `sam build`
	$(SAM) build

# `sam build` runs one of these for each function of template.yaml and sets ARTIFACTS_DIR. The local stack sets
# BUILD_OPTIONS, to build for this machine.
build-%: .venv/uv/done
	@.venv/uv/bin/python -m infra.build $(BUILD_OPTIONS) --function $* --into "$(ARTIFACTS_DIR)"

# Whatever becomes of the deployment, its build ends with it: a later `sam deploy` must not find one that is out of date.
deploy: build  ## build and deploy to AWS, with questions; ENV=dev (if not given) or ENV=prod
	trap 'rm -f $(BUILT)' EXIT; $(SAM) deploy --guided --config-env $(ENV)

update: build  ## build and deploy to AWS with the answers of the last `make deploy`; ENV=dev or ENV=prod
	trap 'rm -f $(BUILT)' EXIT; $(SAM) deploy --config-env $(ENV)

up: .venv/dev/done .venv/emulator/done .venv/sam/done  ## the whole system on this machine, until Ctrl-C or `make stop`
	@$(DEV)/python -m infra.local.up

mail: .venv/dev/done  ## the mails of the stack of `make up`; TO=part-of-an-address for some
	@$(DEV)/python -m infra.local.running mail '$(TO)'

logs: .venv/dev/done  ## follow what the stack of `make up` logs
	@$(DEV)/python -m infra.local.running logs

stop: .venv/dev/done  ## end the stack of `make up`
	@$(DEV)/python -m infra.local.running stop

clean:  ## end the stack of `make up`, and remove builds and caches; the environments in .venv stay
	[ ! -e .local/stack.json ] || $(MAKE) stop
	rm -rf .aws-sam .build .local .hypothesis .mypy_cache .pytest_cache .ruff_cache .schemathesis
	find . -name .venv -prune -o -name __pycache__ -type d -exec rm -rf {} +

screenshots: browser .venv/dev/done  ## write the pictures of the hub in docs/screens again
	$(DEV)/python -m infra.screenshots

demo: .venv/dev/done .venv/emulator/done .venv/sam/done  ## play the main use, from sign-up to invoice, on a stack of its own, and check each step
	@$(DEV)/python -m infra.local.demo

# Installed as it stands in cli/: a change there counts at once.
cli: .venv/cli/done  ## install the operator's command line into .venv/cli/bin/longcode
	.venv/uv/bin/uv pip install -q --no-deps --offline --python .venv/cli/bin/python -e cli

lock: .venv/uv/done  ## pin the requirements again, with hashes
	for f in functions/requirements{,-pdf,-stripe,-viewer} requirements/{api,audit,cli,dev,emulator,fuzz,hooks,sam,uv}; do \
	  .venv/uv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' $$f.in -o $$f.txt \
	    $$([ ! -f $$f-excluded.in ] || echo --excludes $$f-excluded.in); done

.PHONY: help check audit fix hooks browser test screenshots quick bench fuzz openapi validate build deploy update up mail logs stop clean demo cli lock
