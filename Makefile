# Everything a developer does here. Each target installs what it needs first.

.PHONY: help up down clean test soak lint bench bench-cadence bench-signals bench-ingest bench-calls install

ROWS ?= 100000
unexport PYTHONDONTWRITEBYTECODE  # each of hundreds of processes would compile the code anew: 0.5 s of CPU

help:
	@echo "make up      start the platform on this machine, or mend it"
	@echo "make down    stop it; the data stays"
	@echo "make clean   stop it and remove its data"
	@echo "make test    run the tests, on services of their own"
	@echo "make soak    kill a hundred processes while both CRMs live, and compare (KILLS=, MINUTES=, SEED=)"
	@echo "make lint    check style, types and the direction of imports"
	@echo "make bench   measure a history beside COPY + merge; ROWS=1000000 for a longer one, CRM=hubspot"
	@echo "make bench-cadence  let many workspaces sync for one cadence; WORKSPACES=200 CADENCE=15 MINUTES=15"
	@echo "make bench-signals  ask signals about a book, beside one job for all of it; ACCOUNTS=1000 SIGNALS=\"hiring news\""
	@echo "make bench-ingest  measure what it costs to accept a call; CALLS=3000 CONNECTIONS=16"
	@echo "make bench-calls  let calls come, from the dialer to the CRM; RATE=12 SECONDS=60 WORKERS=\"1 2 4\" LENGTH=8 TROUBLED=1 HISTORY=1000000 SYNCS=50 SIGNALS=1000"

install:
	@PYTHON="$(PYTHON)" scripts/bootstrap

up: install
	@.venv/bin/nooks up

down: install
	@.venv/bin/nooks down

clean: install
	@.venv/bin/nooks down --erase

test: install
	@.venv/bin/python -m pytest -n 2 --dist worksteal $(ARGS)

soak: install
	@.venv/bin/python -m tests.soak --kills $(or $(KILLS),100) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

lint: install
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy & mypy=$$!; .venv/bin/pyright; pyright=$$?; wait $$mypy && exit $$pyright  # one core each
	@.venv/bin/lint-imports

bench: install
	@.venv/bin/python -m benchmarks.history --rows $(ROWS) --crm $(or $(CRM),salesforce)

bench-cadence: install
	@.venv/bin/python -m benchmarks.cadence --workspaces $(or $(WORKSPACES),200) --cadence $(or $(CADENCE),15) --minutes $(or $(MINUTES),0) --crm $(or $(CRM),salesforce)

bench-signals: install
	@.venv/bin/python -m benchmarks.signals --accounts $(or $(ACCOUNTS),200) --scale $(or $(SCALE),1) $(foreach name,$(SIGNALS),--signal $(name))

bench-ingest: install
	@.venv/bin/python -m benchmarks.ingest --calls $(or $(CALLS),3000) --connections $(or $(CONNECTIONS),1)

bench-calls: install
	@.venv/bin/python -m benchmarks.calls --rate $(or $(RATE),12) --seconds $(or $(SECONDS),60) --length $(or $(LENGTH),8) $(foreach count,$(or $(WORKERS),2),--workers $(count)) $(if $(TROUBLED),--troubled) $(if $(HISTORY),--history $(HISTORY)) $(if $(SYNCS),--syncs $(SYNCS)) $(if $(SIGNALS),--signals $(SIGNALS))
