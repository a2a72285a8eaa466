# Everything a developer does here. Each target installs what it needs first.

.PHONY: help up down clean test lint install

help:
	@echo "make up      start the platform on this machine, or mend it"
	@echo "make down    stop it; the data stays"
	@echo "make clean   stop it and remove its data"
	@echo "make test    run the tests, on services of their own"
	@echo "make lint    check style, types and the direction of imports"

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

lint: install
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/pyright
	@.venv/bin/lint-imports
