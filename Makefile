# ecsdash: `make demo` and `make test` are all a newcomer needs.
# Objects live in build/<mode>/; MODE is release (default), asan or debug.

MODE   ?= release
B      := build/$(MODE)
PREFIX ?= /usr/local
VERSION := 0.1.0

CC     ?= cc
PKGS_CORE := libuv jansson libcurl libcrypto expat libpcre2-8 zlib
PKGS_TUI  := ncursesw
CSTD   := -std=c11 -D_GNU_SOURCE -DECSDASH_VERSION='"$(VERSION)"'
WARN   := -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes \
          -Wmissing-prototypes -Wwrite-strings -Wvla -Wformat=2 -Wno-format-nonliteral \
          -Wno-format-truncation -Wno-unknown-warning-option # snprintf cuts on purpose
ifneq ($(CI)$(WERROR),)
WARN   += -Werror
endif
HARDEN := -fstack-protector-strong -fPIE
LDHARD := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
OPT_release := -O2 -g1 -D_FORTIFY_SOURCE=2 -DNDEBUG_KEEP_ASSERTS
OPT_debug   := -O0 -g
OPT_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LD_asan     := -fsanitize=address,undefined
OPT_fuzz    := -O1 -g -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LD_fuzz     := -fsanitize=address,undefined

ifeq ($(filter clean deps demo test uninstall fmt,$(MAKECMDGOALS)),)
-include build/pkgs.mk
endif

CFLAGS_ALL = $(CSTD) $(WARN) $(HARDEN) $(OPT_$(MODE)) -I. -Ibuild/gen -MMD -MP $(CORE_CFLAGS) $(TUI_CFLAGS) $(CFLAGS)
LDFLAGS_ALL = $(LDHARD) $(LD_$(MODE)) $(LDFLAGS)

comma := ,
ifneq ($(V),1)
Q := @
say = @printf '  %-5s %s\n' $(1) $(2)
endif

# One archive a layer, so that a test links only what its layer may use.
BASE_SRC    := $(wildcard backend/base/*.c)
BACKEND_SRC := $(wildcard backend/net/*.c backend/aws/*.c backend/aws/creds/*.c backend/svc/*.c backend/store/*.c backend/sim/*.c)
TUI_SRC     := $(wildcard keymaps/*.c themes/*.c tui/*.c)
VIEWS_SRC   := $(wildcard views/*.c views/*/*.c)
EMBED_IN    := $(wildcard keymaps/*.keys themes/*.theme)
EMBED_SRC   := build/gen/embed.c

obj = $(patsubst %.c,$(B)/%.o,$(1))
LIB_BASE    := $(B)/libbase.a
LIB_BACKEND := $(B)/libbackend.a
LIB_TUI     := $(B)/libtui.a
LIB_VIEWS   := $(B)/libviews.a

# tests/<layer>/test_*.c: each one program. tests/lib is linked into all.
BENCH       := $(B)/tests/bench
TESTLIB_SRC := $(wildcard tests/lib/*.c)
T_BASE    := $(wildcard tests/base/test_*.c)
T_BACKEND := $(wildcard tests/backend/test_*.c)
T_TUI     := $(wildcard tests/tui/test_*.c)
T_FLOW    := $(wildcard tests/flow/test_*.c)
T_SCREEN  := $(wildcard tests/screen/test_*.c)
T_FUZZ    := $(wildcard tests/fuzz/fuzz_*.c)
TESTS     := $(patsubst %.c,$(B)/%,$(T_BASE) $(T_BACKEND) $(T_TUI) $(T_FLOW) $(T_SCREEN) $(T_FUZZ))

.PHONY: all demo test asan lint deps clean install uninstall docs screenshots \
        bench soak test-long tests-build fmt fuzz fuzzers mutants
.SECONDARY:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif

all: $(B)/ecsdash
	@if [ "$(MODE)" = release ]; then ln -sfn build/release/ecsdash ecsdash; fi

demo:
	$(Q)sh contrib/deps.sh build
	$(Q)$(MAKE) --no-print-directory all
	./ecsdash --demo

deps:
	$(Q)sh contrib/deps.sh

test: deps
	$(Q)$(MAKE) --no-print-directory all MODE=release
	$(Q)$(MAKE) --no-print-directory tests-build MODE=asan
	$(Q)$(MAKE) --no-print-directory lint LINT=quick
	$(Q)sh tests/run.sh build/asan build/release

asan:
	$(Q)$(MAKE) --no-print-directory tests-build MODE=asan
	$(Q)sh tests/run.sh build/asan build/asan

# A simulated day of the dashboard, in the release build: its memory is told
# exactly there. `make test` lives through an hour of it.
SOAK_HOURS ?= 24
soak:
	$(Q)$(MAKE) --no-print-directory tests-build MODE=release
	$(Q)SOAK_HOURS=$(SOAK_HOURS) TEST_TIMEOUT=3600 ONLY=flow/test_soak TEST_SHOW=1 sh tests/run.sh build/release build/release

# What takes longer than `make test` may: every fault, more seeds, the day.
test-long: deps
	$(Q)$(MAKE) --no-print-directory all MODE=release
	$(Q)$(MAKE) --no-print-directory tests-build MODE=asan
	$(Q)FAULT_RUNS=$${FAULT_RUNS:-100000} SEEDS=$${SEEDS:-1000} SOAK_HOURS=6 TEST_TIMEOUT=7200 sh tests/run.sh build/asan build/release
	$(Q)$(MAKE) --no-print-directory soak

tests-build: $(B)/ecsdash $(TESTS) $(B)/tests/screen/shots $(B)/tests/faults/faulty.so $(BENCH)/bench $(BENCH)/empty

# The program broken on purpose, in a copy: each patch must turn a test red.
mutants:
	$(Q)sh tests/mutants.sh '$(ONLY)'

# Static analysis of the program's own files; each again only when it or a
# header of it changed. `make lint` does all of it; `make test` leaves out the
# path-sensitive checks, which take a minute and a half on two cores.
LINT_SRC := main.c $(BASE_SRC) $(BACKEND_SRC) $(TUI_SRC) $(VIEWS_SRC)
LINT     ?= full
TIDY_quick := --checks=-clang-analyzer-*
lint: $(patsubst %.c,build/lint/$(LINT)/%.ok,$(LINT_SRC)) build/lint/cppcheck.ok

build/lint/$(LINT)/%.ok: $(B)/%.o .clang-tidy
	$(call say,TIDY,$*.c)
	@mkdir -p $(@D)
	$(Q)clang-tidy --quiet $(TIDY_$(LINT)) $*.c -- $(CSTD) -I. -Ibuild/gen $(CORE_CFLAGS) $(TUI_CFLAGS) 2>$@.err || { cat $@.err; false; }
	@touch $@

build/lint/cppcheck.ok: $(LINT_SRC)
	$(call say,CHECK,cppcheck)
	@mkdir -p $(@D)
	$(Q)cppcheck -j2 --std=c11 -D_GNU_SOURCE --enable=warning,performance,portability \
	    --suppress=unknownMacro --inline-suppr --error-exitcode=1 --quiet -I. $(LINT_SRC)
	@touch $@

# What pkg-config says, asked once; a missing library is named with its package.
build/pkgs.mk: contrib/pkgs.sh Makefile
	@mkdir -p build
	@sh contrib/pkgs.sh "$(PKGS_CORE)" "$(PKGS_TUI)" > $@.tmp && mv $@.tmp $@

$(B)/ecsdash: $(call obj,main.c) $(LIB_VIEWS) $(LIB_TUI) $(LIB_BACKEND) $(LIB_BASE)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(CORE_LIBS) $(TUI_LIBS) -lm

$(B)/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -c -o $@ $<

$(B)/gen/embed.o: $(EMBED_SRC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -c -o $@ $<

# The default keys and themes are text, embedded and read by the user's parser.
$(EMBED_SRC): contrib/embed.sh $(EMBED_IN)
	@mkdir -p $(@D)
	$(Q)sh contrib/embed.sh $(EMBED_IN) > $@.tmp && mv $@.tmp $@

define archive
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $^
endef
$(LIB_BASE): $(call obj,$(BASE_SRC))
	$(archive)
$(LIB_BACKEND): $(call obj,$(BACKEND_SRC))
	$(archive)
$(LIB_TUI): $(call obj,$(TUI_SRC)) $(B)/gen/embed.o
	$(archive)
$(LIB_VIEWS): $(call obj,$(VIEWS_SRC))
	$(archive)

TESTLIB := $(B)/libtest.a
$(TESTLIB): $(call obj,$(TESTLIB_SRC))
	$(archive)

# An in-memory ECS in the place of aws/client: only for who asks for it.
LIB_FAKE := $(B)/libfake.a
$(LIB_FAKE): $(call obj,$(wildcard tests/fake/*.c))
	$(archive)
FAKED := $(addprefix $(B)/tests/backend/,test_store test_store_memory \
	test_store_tasks test_poller test_poller_faults)

define test_link
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(1) -lcmocka -lm
endef
# The link lines hold the layers: base alone, backend without curses, tui
# without curl, screen tests with libvterm only.
$(B)/tests/base/test_%: $(B)/tests/base/test_%.o $(TESTLIB) $(LIB_BASE)
	$(call test_link,)
$(FAKED): $(B)/tests/backend/%: $(B)/tests/backend/%.o $(LIB_FAKE) $(TESTLIB) $(LIB_BACKEND) $(LIB_BASE)
	$(call test_link,$(CORE_LIBS))
$(B)/tests/backend/test_%: $(B)/tests/backend/test_%.o $(TESTLIB) $(LIB_BACKEND) $(LIB_BASE)
	$(call test_link,$(CORE_LIBS))
$(B)/tests/tui/test_%: $(B)/tests/tui/test_%.o $(TESTLIB) $(LIB_TUI) $(LIB_BASE)
	$(call test_link,$(TUI_LIBS))
$(B)/tests/flow/test_%: $(B)/tests/flow/test_%.o $(TESTLIB) $(LIB_VIEWS) $(LIB_TUI) $(LIB_BACKEND) $(LIB_BASE)
	$(call test_link,$(CORE_LIBS) $(TUI_LIBS))
$(B)/tests/screen/test_%: $(B)/tests/screen/test_%.o $(B)/tests/screen/harness.o $(TESTLIB) $(LIB_BASE)
	$(call test_link,$(VTERM_LIBS) -ljansson -lutil)

# Makes calls of the binary fail; never sanitised, since it replaces malloc().
$(B)/tests/faults/faulty.so: $(wildcard tests/faults/*.c tests/faults/*.h)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CSTD) $(WARN) -I. -O1 -fPIC -shared -fno-builtin -fno-optimize-sibling-calls -o $@ $(filter %.c,$^) -ldl -lgcc_s

# Fuzz targets: `make test` replays their corpora, damaged in fixed ways;
# `make fuzz` lets clang's libFuzzer look for new inputs, FUZZ_SECONDS each.
$(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o $(B)/tests/fuzz/memory.o $(LIB_VIEWS) $(LIB_TUI) $(LIB_BACKEND) $(LIB_BASE)
	$(call test_link,$(CORE_LIBS) $(TUI_LIBS) -Wl$(comma)--wrap=malloc$(comma)--wrap=calloc$(comma)--wrap=realloc)
FUZZ_SECONDS ?= 20
fuzz:
	$(Q)$(MAKE) --no-print-directory MODE=fuzz CC=clang fuzzers
	$(Q)sh tests/fuzz/run.sh $(FUZZ_SECONDS) $(patsubst tests/fuzz/%.c,build/fuzz/tests/fuzz/%.bin,$(T_FUZZ))
fuzzers: $(patsubst %.c,$(B)/%.bin,$(T_FUZZ))
$(B)/tests/fuzz/fuzz_%.bin: $(B)/tests/fuzz/fuzz_%.o $(LIB_VIEWS) $(LIB_TUI) $(LIB_BACKEND) $(LIB_BASE)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -fsanitize=fuzzer -o $@ $^ $(CORE_LIBS) $(TUI_LIBS) -lm

# Pictures of the main screens, from the simulator, never by hand.
$(B)/tests/screen/shots: $(B)/tests/screen/shots.o $(B)/tests/screen/harness.o $(TESTLIB) $(LIB_BASE)
	$(call test_link,$(VTERM_LIBS) -ljansson -lutil)
screenshots: all $(B)/tests/screen/shots
	$(Q)HOME=$(CURDIR)/build ECSDASH_BIN=$(CURDIR)/$(B)/ecsdash $(B)/tests/screen/shots screenshots

# Figures beside their goals; printed, never asserted. TOPIC=keys: only those.
$(BENCH)/bench: $(call obj,$(addprefix tests/bench/,bench.c bench_start.c bench_scale.c bench_bytes.c bench_tail.c tap.c report.c)) $(B)/tests/screen/harness.o $(TESTLIB) $(LIB_BASE)
	$(call test_link,$(VTERM_LIBS) -ljansson -lutil -lpthread)
$(BENCH)/empty: $(BENCH)/empty.o
	$(call test_link,-Wl$(comma)--no-as-needed $(CORE_LIBS) $(TUI_LIBS))
$(BENCH)/bench_logs: $(BENCH)/bench_logs.o $(BENCH)/report.o $(LIB_BACKEND) $(LIB_BASE)
	$(call test_link,$(CORE_LIBS))
bench: all $(BENCH)/bench $(BENCH)/empty $(BENCH)/bench_logs
	@git log -1 --format='commit %h' 2>/dev/null || true
	$(Q)HOME=$(CURDIR)/build ECSDASH_BIN=$(CURDIR)/$(B)/ecsdash $(BENCH)/bench $(BENCH)/empty build build/bench.tsv $(TOPIC)
	$(Q)[ -n "$(TOPIC)" ] || $(BENCH)/bench_logs build/bench.tsv

# What the program says of its own options, keys and commands, put into the
# README, the manual page and the completions; tests/checks/docs.sh compares.
docs: all
	$(Q)sh contrib/docs.sh $(B)/ecsdash

MANDIR  ?= $(PREFIX)/share/man
DOCDIR  ?= $(PREFIX)/share/doc/ecsdash
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR  ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
INSTALLED = $(PREFIX)/bin/ecsdash $(MANDIR)/man1/ecsdash.1 $(BASHDIR)/ecsdash \
            $(ZSHDIR)/_ecsdash $(FISHDIR)/ecsdash.fish \
            $(addprefix $(DOCDIR)/,README.md CHANGELOG.md LICENSE)
install: all
	$(Q)install -Dm755 $(B)/ecsdash $(DESTDIR)$(PREFIX)/bin/ecsdash
	$(Q)install -Dm644 contrib/ecsdash.1 $(DESTDIR)$(MANDIR)/man1/ecsdash.1
	$(Q)install -Dm644 contrib/completions/ecsdash.bash $(DESTDIR)$(BASHDIR)/ecsdash
	$(Q)install -Dm644 contrib/completions/ecsdash.zsh $(DESTDIR)$(ZSHDIR)/_ecsdash
	$(Q)install -Dm644 contrib/completions/ecsdash.fish $(DESTDIR)$(FISHDIR)/ecsdash.fish
	$(Q)install -d $(DESTDIR)$(DOCDIR)
	$(Q)install -m644 README.md CHANGELOG.md LICENSE $(DESTDIR)$(DOCDIR)
	@printf 'installed %s\n' $(addprefix $(DESTDIR),$(INSTALLED))
uninstall:
	rm -f $(addprefix $(DESTDIR),$(INSTALLED))
	$(Q)rmdir $(DESTDIR)$(DOCDIR) 2>/dev/null || true

fmt:
	git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	rm -rf build ecsdash

-include $(shell find $(B) -name '*.d' 2>/dev/null)
