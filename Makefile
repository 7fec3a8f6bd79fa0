# What a person types. `make setup` is part of every target; PYTHON chooses the interpreter.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: setup grade test check build tolerances gallery bench clean

setup: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[onnx,grader,cluster,postgres,mat,test]"
	touch $@

grade: build
	$(BIN)/autograder grade heatmap_2d --submitted tests/submissions --results grading/results/heatmap_2d.json

test: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/autograder check
	POSELAB_PROFILE=smoke $(BIN)/pytest -q --nbval-lax solutions
	$(BIN)/pytest -n 2 --dist loadfile --max-worker-restart 0

check: setup
	$(BIN)/autograder check

build: setup
	$(BIN)/autograder build

tolerances: setup
	$(BIN)/autograder tolerances

gallery: setup
	$(BIN)/autograder gallery

bench: setup
	$(BIN)/python tests/benchmarks/bench_rendering.py
	$(BIN)/python tests/benchmarks/bench_grading.py

clean:
	rm -rf .venv grading build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
