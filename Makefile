# make demo: set everything up, train the worm-wired swimmer, leave a run folder.   make test: the whole test suite.
# The first interpreter that runs (a shim may not), is of a version that dm-control's wheels know, and can make a venv.
FITS := import ensurepip, sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))
PYTHON ?= $(shell for p in python3 python3.12 python3.11 python3.10; do \
	$$p -c '$(FITS)' 2>/dev/null && command -v $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(shell date +%Y%m%d-%H%M%S)

.PHONY: demo test lint docs gallery wheel-check gl clean

demo: $(VENV)/.ready gl
	$(BIN)/innervate train --preset swim-entrained-cma --out runs/demo-$(STAMP)

# Bytecode is kept, even where the shell says otherwise: half of collecting is compiling.
test: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/.ready gl
	INNERVATE_ROS_PEERS=$${INNERVATE_ROS_PEERS-off} $(BIN)/python -m pytest -m "not slow" -n 2 --dist worksteal

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/basedpyright

# The site, in build/site; a warning is an error.
docs: $(VENV)/.ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --config-file .mkdocs.yml

# The pictures of the gallery and of README, by `innervate record`.
gallery: $(VENV)/.ready
	$(BIN)/python .ci/gallery.py

wheel-check: $(VENV)/.ready
	bash .ci/wheel $(BIN)/python

# pip reads pyproject.toml; torch goes first so that no other package draws in its CUDA build.
$(VENV)/.ready: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "innervate needs Python 3.10, 3.11 or 3.12 with venv (Debian: apt-get install python3-venv)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	@# Without setuptools' advice on editable installs, a box of ten lines.
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[place,ros,export,ray,view,docs,dev]'
	@touch $@

# Rendering without a display; training works without it, videos do not.
gl:
	@if ldconfig -p 2>/dev/null | grep -qE 'libEGL_mesa|libOSMesa'; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq libegl1 libegl-mesa0 libgl1-mesa-dri libosmesa6 >/dev/null || \
		echo "no headless OpenGL: there will be no videos"; \
	else echo "For videos without a display, type: sudo apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri libosmesa6"; fi

clean:
	rm -rf $(VENV) build dist *.egg-info
