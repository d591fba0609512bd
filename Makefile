# `make demo` and `make test` need python3 (3.11 or newer), make and pip: each makes .venv first, once.
PYTHON ?= python3
VENV ?= .venv
VENV_VIDEO ?= .venv-video
VENV_PROGRAMS ?= .venv-programs
BIN := $(VENV)/bin

.PHONY: help demo test test-video test-programs fuzz lint format clean

help:
	@echo "make demo    lift the embedded clip: 3D poses, a picture and the errors, in demo-out/"
	@echo "make test    run the tests"
	@echo "make test-video   run the tests of videos with the detectors of people, in .venv-video"
	@echo "make test-programs   run the tests with OpenSim and a model of Pose2Sim, in .venv-programs"
	@echo "make fuzz    read damaged and hostile files of every kind, for MINUTES=10"
	@echo "make lint    ruff and pyright"
	@echo "make format  let ruff format the code"
	@echo "make clean   remove .venv and what was generated"

demo: $(VENV)/.ready-demo
	$(BIN)/rtpca demo --out demo-out

test: $(VENV)/.ready-dev
	$(BIN)/python -m pytest -n 2 --dist worksteal $(PYTEST_ARGS)

# The detectors need an older numpy, so they live in an environment of their own.
test-video: $(VENV_VIDEO)/.ready-video
	$(VENV_VIDEO)/bin/python -m pytest tests/video tests/cli/test_lift_video.py $(PYTEST_ARGS)

# OpenSim wants a numpy and threads of its own. Of Pose2Sim only a model is needed, not its many packages.
test-programs: $(VENV_PROGRAMS)/.ready-programs
	$(VENV_PROGRAMS)/bin/python -m pytest tests/programs tests/test_angles_page.py $(PYTEST_ARGS)

# Failing files are kept in fuzz-failures/.
fuzz: $(VENV)/.ready-dev
	$(BIN)/python tests/fuzz/fuzz.py --minutes $(or $(MINUTES),10)

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright --pythonpath $(BIN)/python

format: $(VENV)/.ready-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(VENV_VIDEO) $(VENV_PROGRAMS) demo-out .pytest_cache .ruff_cache .hypothesis

$(VENV)/.ready-demo: pyproject.toml constraints.txt tools/setup_venv.sh
	tools/setup_venv.sh "$(PYTHON)" "$(VENV)"
	@touch $@

$(VENV)/.ready-dev: pyproject.toml constraints.txt tools/setup_venv.sh
	tools/setup_venv.sh "$(PYTHON)" "$(VENV)" dev
	@touch $@ $(VENV)/.ready-demo

$(VENV_VIDEO)/.ready-video: pyproject.toml constraints-video.txt tools/setup_venv.sh
	tools/setup_venv.sh "$(PYTHON)" "$(VENV_VIDEO)" video-tests constraints-video.txt
	@touch $@

$(VENV_PROGRAMS)/.ready-programs: pyproject.toml constraints-programs.txt tools/setup_venv.sh
	tools/setup_venv.sh "$(PYTHON)" "$(VENV_PROGRAMS)" programs-tests constraints-programs.txt
	$(VENV_PROGRAMS)/bin/python -m pip install --quiet --no-deps "$$(grep '^pose2sim==' constraints-programs.txt)"
	@touch $@
