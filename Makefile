# Thin: what there is to do. How is in host_tools/toolchain (set-up and builds) and in the evenpulse command.
PYTHON ?= python3
BOARD ?= nmes2
# A file stays in one process, so that what its tests start from is made once; the dearest files come first (tests/costs.py).
# One process more than cores: some tests wait for another process or for its clock, and leave their core to the others.
PYTEST_ARGS ?= -n $(shell expr $$(nproc) + 1) --dist loadfile --no-loadscope-reorder
N ?= 200
SEED ?= 1
SECONDS ?= 60
MINUTES ?= 1
MICROPYTHON_TESTS ?= tests/unit tests/gate tests/pio tests/twin
SUITE ?= bookworm trixie
WHO ?= root user
TARGETS ?= demo test

TOOLCHAIN := PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=host_tools $(PYTHON) -m toolchain
# What Python has compiled stays beside its source from run to run, also where the environment forbids it; that of the
# locked packages is there already. Memory comes in large pages where the system has them: an emulated chip is 16 MB of
# it, and a copy of a process copies what names its pages (twins that are copied: 37 CPU seconds, 33 so).
PYTEST := GLIBC_TUNABLES=glibc.malloc.hugetlb=1 PYTHONDONTWRITEBYTECODE= .venv/bin/pytest

.DEFAULT_GOAL := help
.PHONY: help demo setup-all test test-quick test-costs test-isolated test-unit test-pio test-twin test-host test-faults test-clock test-micropython test-one-micropython test-web web-figures web bench faults silicon-time hardware analog analog-faults analog-world monte-carlo evidence lint pictures planted mutants fuzz wheel toolchain firmware flash flash-all venv setup clean clean-cache test-machines

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  BOARD=$(BOARD)  MICROPY_DIR=<MicroPython checkout>  EVENPULSE_CACHE=<folder>  PYTHON=$(PYTHON)"

demo: setup ## a prescribed session on the emulated board, from nothing; results in build/demo
	@.venv/bin/python -m evenpulse.demo

test: setup-all ## every test
	@$(PYTEST) $(PYTEST_ARGS) tests

test-quick: setup-all ## between edits: the files with most tests a second, all in a minute
	@$(PYTEST) $(PYTEST_ARGS) --quick tests

test-costs: setup-all ## every test, and what each file costs into tests/costs.json
	@$(PYTEST) $(PYTEST_ARGS) --costs tests

test-isolated: setup ## the unit tests under MicroPython, each also in a process started for it: the same verdicts
	@$(PYTEST) $(PYTEST_ARGS) -m micropython --isolated tests/unit

test-unit: setup ## the pure core, under CPython and MicroPython
	@$(PYTEST) $(PYTEST_ARGS) tests/unit tests/gate

test-pio: setup ## PIO programs on two other models, and the drivers on a table of registers
	@$(PYTEST) $(PYTEST_ARGS) tests/pio

test-twin: setup-all ## the firmware on the emulated board
	@$(PYTEST) $(PYTEST_ARGS) tests/twin

test-host: setup-all ## the host tools and the toolchain
	@$(PYTEST) $(PYTEST_ARGS) tests/host

test-faults: setup ## the judge of the fault campaign, and one case of each kind of fault
	@$(PYTEST) $(PYTEST_ARGS) tests/faults

test-web: setup ## the device's page in a real browser (installs Debian's chromium, 350 MB), 20 random recordings and one of 10 000 pulses replayed
	@PYTHONPATH="$$($(TOOLCHAIN) browser)" $(PYTEST) -n 2 --dist loadfile tests/browser/in_chromium.py tests/browser/recordings.py $(BROWSER_ARGS)

web-figures: setup ## what the page costs and how soon it shows, in a real browser: MINUTES= of therapy; build/web.json
	@PYTHONPATH="$$($(TOOLCHAIN) browser)" .venv/bin/python tests/browser/figures.py --minutes $(MINUTES)

test-clock: setup-all ## make test and make demo today, in a year, in five, on 2038-01-20 and on 2099-06-01
	@$(TOOLCHAIN) clock

test-micropython: ## unit tests, PIO models and twin on each MicroPython that is pinned; EVENPULSE_MICROPYTHON=1.26.1 chooses one for any target
	@$(TOOLCHAIN) micropython

test-one-micropython: setup-all
	@$(PYTEST) $(PYTEST_ARGS) $(MICROPYTHON_TESTS)

test-machines: ## make demo and make test in a fresh Debian 12 and 13, as root and as a user (SUITE=, WHO=, TARGETS=); as root, hours
	@for suite in $(SUITE); do for who in $(WHO); do tests/machines/run.sh $$suite $$who $(TARGETS) || exit 1; done; done

lint: venv ## ruff, its format, vulture, and mypy over the host's tools and over the firmware (part of test-host)
	@$(TOOLCHAIN) lint

web: setup ## the emulated device in a page of your browser
	@.venv/bin/evenpulse twin web --open

bench: setup ## the contract measured on the emulated chip, beside what people write instead; build/bench.json
	@.venv/bin/python -m evenpulse.bench $(BENCH_ARGS)

faults: setup ## N random faults into running sessions (SEED=, SCHEDULER=tcp://… for a Dask cluster); build/faults.json
	@.venv/bin/python -m evenpulse.faults --runs $(N) --seed $(SEED) $(if $(SCHEDULER),--scheduler $(SCHEDULER)) $(FAULTS_ARGS)

silicon-time: setup ## MicroPython's benchmarks on the twin, beside what people measured on a Pico; build/silicon.json (SILICON_ARGS=--slowest: an empty cache, the slowest flash)
	@$(TOOLCHAIN) upstream >/dev/null
	@.venv/bin/python -m evenpulse.silicon $(SILICON_ARGS)

hardware: setup ## BOARD's output stage: what is soldered, its sum, electrical rules; drawings in build/hardware
	@.venv/bin/python -m evenpulse.analog hardware --board $(BOARD)

analog: setup ## nmes2's output stage in SPICE: rules, each fact of board.py, faults of 40 parts at two loads (part of make test)
	@$(PYTEST) $(PYTEST_ARGS) tests/analog

analog-world: setup ## the twin's output stage against SPICE: random programs and loads that it was not fitted on; goes on where it was killed
	@.venv/bin/python -m evenpulse.likeness

analog-faults: setup ## each part of the output stage broken: 40 with the real firmware in the loop (nmes2), then N_CASES= of all cases; goes on where it was killed; build/analog
	@$(if $(filter nmes2,$(BOARD)),.venv/bin/python -m evenpulse.looped)
	@.venv/bin/python -m evenpulse.analog faults --board $(BOARD) $(if $(N_CASES),--cases $(N_CASES)) $(ANALOG_ARGS)

monte-carlo: setup ## N builds of the output stage from their tolerances (SEED=): accuracy and balance
	@.venv/bin/python -m evenpulse.analog monte-carlo --board $(BOARD) --builds $(N) --seed $(SEED)

evidence: setup ## renew what is kept of the firmware: in the loop with SPICE, bench, long run, campaign, ablation, quiet sessions, slowest moments, and the pages; goes on where it was killed
	@.venv/bin/python -m evenpulse.looped
	@.venv/bin/python -m evenpulse.evidence $(EVIDENCE_ARGS)

pictures: demo ## the README's pictures, made new: the device at work, what the demo measured, the screens, a report
	@.venv/bin/python -m evenpulse.demo.at_work docs/pictures/at_work.gif
	@cp build/demo/measured.png docs/pictures/
	@.venv/bin/python -m evenpulse.evidence.pages
	@PYTHONPATH=tests:tests/host:tests/unit .venv/bin/python -m report_picture docs/pictures/report.png

planted: setup ## defects planted in the firmware, one at a time: does a test see each? build/planted.json (DEFECTS=words of names; new: what tests/planted/kept.json does not know)
	@PYTHONPATH=tests .venv/bin/python -m planted.runner $(DEFECTS)

fuzz: setup ## odd files for every command that reads one and odd lines for the link, for SECONDS (SEED=); what is found is kept in tests/fuzz/found
	@PYTHONPATH=tests:tests/unit:tests/host:tests/twin .venv/bin/python -m fuzz --seconds $(SECONDS) --seed $(SEED)

mutants: ## the safety code with one thing changed, a thousand times: do the unit tests notice? build/mutants.json
	@$(TOOLCHAIN) mutants

firmware: ## firmware for BOARD (all: for each), in build/firmware/BOARD; DEV=1: a development build, for evenpulse flash --dev
	@$(TOOLCHAIN) firmware --board $(BOARD) $(if $(DEV),--dev)

flash: setup ## BOARD's firmware onto the board at PORT (or the only one)
	@$(if $(DEV),$(TOOLCHAIN) firmware --board $(BOARD) --dev >&2)
	@.venv/bin/evenpulse flash --board $(BOARD) $(if $(PORT),--port $(PORT)) $(if $(DEV),--uf2 build/firmware/$(BOARD)+dev/firmware.uf2) $(FLASH_ARGS)

flash-all: setup ## each board that is connected, with the firmware of its kind
	@.venv/bin/evenpulse flash --all $(FLASH_ARGS)

wheel: ## the host tools to install elsewhere (pipx install build/wheel/….whl): boards and firmware are in it
	@$(TOOLCHAIN) wheel

toolchain: ## system packages, MicroPython sources, mpy-cross, Unix port
	@$(TOOLCHAIN) tools

venv: ## the Python packages and .venv
	@$(TOOLCHAIN) venv

setup: ## tools, MicroPython, .venv and the firmware of BOARD
	@$(TOOLCHAIN) setup --board $(BOARD)

setup-all: ## the same for every board, and what the tests need
	@$(TOOLCHAIN) setup --board all --tests

clean: ## remove build/ and .venv; the cache outside the checkout stays
	rm -rf build .venv

clean-cache: ## how large the cache is; away with what no checkout has used for 30 days
	@$(TOOLCHAIN) clean
