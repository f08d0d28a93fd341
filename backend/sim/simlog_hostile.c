/* Lines that try to take over the terminal of who reads them. CloudWatch
 * stores them all: it wants valid UTF-8 and nothing else. */
#include "backend/sim/simlog.h"

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"

#include <string.h>

static const char *const lines[] = {
    "ERROR OSC title \033]0;pwned title\007 after",
    "ERROR OSC title, no end \033]2;pwned and the rest of the line",
    "INFO  OSC 8 \033]8;;http://evil.example/pwned\033\\link\033]8;;\033\\ after",
    "WARN  OSC 52 \033]52;c;cHduZWQ=\007 after",
    "INFO  OSC by C1 \302\235" "52;c;cHduZWQ=\302\234 after",
    "INFO  CSI by C1 \302\233" "2J\302\233" "1;1Hpwned after",
    "INFO  clear \033[2J\033[H\033[3J\033c\033[!p after",
    "INFO  alternate screen \033[?1049l\033[?1049h\033[?47h after",
    "INFO  queries \033[6n\033[c\033[>c\033[5n\033]10;?\007\033Z after",
    "INFO  modes \033[?1000h\033[?1006h\033[?2004l\033[20h\033[4h\033=\033> after",
    "INFO  region \033[5;10r\033[?6h\033M\033D\033E\0337\0338 after",
    "INFO  DCS \033P$q\"p\033\\ \033P1;1|17/70776e6564\033\\ after",
    "INFO  APC \033_pwned\033\\ PM \033^pwned\033\\ SOS \033Xpwned\033\\ after",
    "INFO  charset \033(0\016lqqk\017\033%@\033%G\033#8 after",
    "INFO  window \033[8;1;1t\033[21t\033]l\033\\ after",
    "INFO  keys \033[>4;2m\033[>1u\033P+q544e\033\\ after",
    "INFO  iterm \033]1337;File=name=cHduZWQ=:AAAA\007 \033]9;pwned\007 after",
    "INFO  ends in \033",
    "INFO  ends in \033[",
    "INFO  ends in \033[38;5;",
    "INFO  ends in \033]52;c;",
    "INFO  C0 \001\002\003\004\005\006\007\010\013\014\016\017\020\177 after",
    "INFO  return\rFAKED line over the start\b\b\b\bback",
    "INFO  C1 \302\200\302\204\302\205\302\215\302\220\302\230\302\237 after",
    "INFO  bidi \342\200\256reversed\342\200\254 \342\201\246x\342\201\251 "
    "\342\200\217\342\200\216\330\234 after",
    "INFO  tags \363\240\201\201\363\240\201\202\363\240\201\277 after",
    "INFO  zero width a\342\200\213b\342\200\214c\342\200\215d\357\273\277e "
    "\342\201\240 after",
    "INFO  pile Z\314\200\314\201\314\202\314\203\314\204\314\205\314\206"
    "\314\207\314\210\314\211\314\212\314\213\314\214 after",
    "INFO  not characters \357\277\276\357\277\277\360\237\277\276 private "
    "\356\200\200 after",
    "INFO  separators \342\200\250 \342\200\251 \302\205 after",
    "INFO  SGR \033[31mred\033[38;5;208morange\033[38;2;1;2;3mrgb\033[48;5;"
    "300mbad\033[8mhidden\033[5mblink\033[999999999999mhuge\033[0m after",
    "INFO  SGR unended \033[7;1;41m",
    "{\"level\":\"error\",\"msg\":\"json \\u001b]52;c;cHduZWQ=\\u0007 "
    "\\u009b2J \\u202e after\",\"k\\u001b[2J\":\"v\\u0000\\ud800\"}",
    "ERROR <b>markup</b> [red]tag[-] %s%n%x `id` $(id) ${x} \\033[2J",
};

#define BIG_BYTES 900000

char *simlog_hostile(uint64_t n)
{
    struct strbuf b = STRBUF_INIT;

    if (n % 500 != 250) {
        strbuf_puts(&b, lines[n % ARRAY_LEN(lines)]);
        return strbuf_detach(&b);
    }
    strbuf_puts(&b, "INFO  big ");
    while (b.len < BIG_BYTES)
        strbuf_puts(&b, "\033]0;pwned\007 \033[31mdata\033[0m ");
    return strbuf_detach(&b);
}
