# What a person types. `make setup` is part of every target; PYTHON chooses the interpreter.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: setup setup-colab grade lint quick test test-colab test-browser check build derived tolerances gallery weights bench soak clean

setup: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[onnx,grader,cluster,postgres,report,mat,bvh,coco,vit,test]"
	touch $@

# The grader on Colab: an environment of its own that uses Colab's torch and moves nothing of Colab's.
# Colab's Python has no ensurepip; pip is there, and installs into the environment that runs it.
setup-colab:
	$(PYTHON) -m venv --system-site-packages --without-pip .venv
	grep -vE '^(torch|setuptools)==' constraints.txt > .venv/constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c .venv/constraints.txt -e ".[onnx,grader,coco,vit]"
	touch .venv/installed

grade: build
	$(BIN)/autograder grade heatmap_2d --submitted tests/submissions --work grading/examples --report

# The hooks of .pre-commit-config.yaml are these.
lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pydoclint --quiet poselab data_stubs autograder

# For every commit: two minutes.
quick: setup lint
	$(BIN)/pytest -n 2 --dist worksteal -m "not slow"

# All of it: up to 25 minutes. The run ends with its slowest tests.
test: setup lint
	$(BIN)/autograder check
	OMP_NUM_THREADS=1 POSELAB_PROFILE=smoke $(BIN)/pytest -q -n 2 --dist loadfile --nbval-lax solutions
	$(BIN)/pytest -n 2 --dist loadfile --max-worker-restart 0 --durations 20 --durations-min 2

# The course beside Colab's packages: `make test-colab PYTHON=python3.13`, a quarter of an hour.
TORCH ?= torch==2.11.0
test-colab: setup
	$(BIN)/python -m tests.colab.course build/colab
	$(PYTHON) tests/colab/replica.py build/colab $(TORCH)
	COLAB_REPLICA=build/colab build/colab/venv/bin/python -m pytest --noconftest -rP tests/colab

# In a real browser: every widget moves, and pages are accessible. Needs Chromium, or Chrome.
test-browser: .venv/browser-installed
	$(BIN)/pytest -m browser tests/browser

.venv/browser-installed: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[browser]"
	touch $@

check: setup
	$(BIN)/autograder check

build: setup
	$(BIN)/autograder build

tolerances: setup
	$(BIN)/autograder tolerances

gallery: setup
	$(BIN)/autograder gallery

# After an exercise or its points have changed: all but pictures, pages and releases.
derived: build tolerances gallery
	$(BIN)/python -m tests.submissions.make
	$(BIN)/python -m tests.autograder.grading.test_plan

# The weights that vit_presence starts from: up to two hours, on one core; stopped, it goes on.
weights: setup
	$(BIN)/python -m autograder.exercises.vit_presence.pretraining

bench: setup
	$(BIN)/python tests/benchmarks/bench_rendering.py
	$(BIN)/python tests/benchmarks/bench_grading.py

# What takes from minutes to hours: all answers on many suites; classes of which some do harm, or
# never end; short and full runs; a class of thousands.
soak: setup
	$(BIN)/pytest -n 2 --dist loadfile -m soak -rP
	$(BIN)/python -m tests.benchmarks.bench_judging
	$(BIN)/python -m tests.benchmarks.bench_short_run
	$(BIN)/python -m tests.benchmarks.bench_neighbours
	$(BIN)/python -m tests.benchmarks.bench_neighbours --submissions 60 --endless 20 --workers 8
	$(BIN)/python -m tests.benchmarks.bench_soak

clean:
	rm -rf .venv grading build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
