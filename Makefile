# The one entry point. `make demo` and `make test` need Python 3.11+ with its headers and venv, a C
# compiler and make; what only the other targets need comes by `make tools`.
PYTHON ?= python3
RUNS ?= 1
SOURCES := $(shell find ext engine/waypost/_ext -name '*.py[xd]' -o -name '*.[ch]')
MODULES := $(patsubst ext/%.pyx,%,$(wildcard ext/*.pyx))
STRICT := -std=c11 -O2 -I engine/waypost/_ext -Wall -Wextra -Wshadow -Wconversion -Werror
PRELOAD = $(shell $(CC) -print-file-name=libasan.so) $(shell $(CC) -print-file-name=libubsan.so)
SANITIZED = PYTHONPATH=build/asan/lib PYTHONMALLOC=malloc LD_PRELOAD="$(PRELOAD)" \
	ASAN_OPTIONS=detect_leaks=0 PYCRYPTODOME_DISABLE_DEEPBIND=1
BINS := .venv/bin .tools/bin contracts/node_modules/.bin
export PATH := $(shell printf '$(CURDIR)/%s:' $(BINS))$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
TESTABLE := .venv/built .venv/group-test
.PHONY: demo test lint types cov asan fuzz bench bench-gate bench-record contracts interop tools
.DELETE_ON_ERROR:

demo: .venv/built
	waypost demo

test: $(TESTABLE)
	WAYPOST_TIER=portable pytest -q tests/sim
	pytest -q

lint: .venv/built .venv/group-lint $(MODULES:%=build/lint/%.c)
	for c in ext/kernels/*.c; do $(CC) $(STRICT) -c -o /dev/null $$c || exit 1; done
	ruff check -q
	ruff format -q --check
	cython-lint ext engine tests
	git ls-files -z | xargs -0 codespell

types: .venv/built .venv/group-lint
	mypy
	stubtest --ignore-unused-allowlist --allowlist tests/stubtest.txt $(MODULES:%=waypost._ext.%)

cov: build-trace
	PYTHONPATH=build/trace/lib coverage run -m pytest -q tests/unit tests/property tests/sim
	coverage report

asan: build-asan
	$(SANITIZED) pytest -q tests/unit tests/property tests/sim tests/fuzz

fuzz: build-asan
	$(SANITIZED) python -m tests.fuzz

bench bench-gate bench-record: $(TESTABLE)
	python -m benchmarks $@

contracts: tools
	npm --prefix contracts run check

interop: $(TESTABLE)
	pytest -q tests/interop --runs $(RUNS)

tools:
	.ci/tools

# The whole install when a dependency may have changed, else only what needs a new compilation.
.venv/built: pyproject.toml setup.py $(SOURCES)
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	$(if $(filter pyproject.toml setup.py,$?),python -m pip install -q 'pip>=25.1' && \
	python -m pip install -q --group build && python -m pip install -q --no-build-isolation -e ., \
	python setup.py -q build_ext --inplace)
	@touch $@

.venv/group-%: pyproject.toml | .venv/built
	python -m pip install -q --group $*
	@touch $@

build-%: $(TESTABLE)
	@mkdir -p build/$*/lib; find build/$*/lib -name '*.py' -delete   # also those that are gone
	WAYPOST_BUILD=$* python setup.py -q build -b build/$* --build-lib build/$*/lib

# Cython is silent about a clean module, but for what it says of its own generator expressions; the
# .html beside the .c shows what each line costs.
build/lint/%.c: ext/%.pyx $(SOURCES) | .venv/built
	@mkdir -p $(@D)
	cython -3 -a -Wextra -I engine --module-name waypost._ext.$* -o $@ $< 2>$@.log || true
	@! grep -v "Unused entry 'genexpr'" $@.log && test -f $@
