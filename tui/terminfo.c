#include "tui/terminfo.h"

#include <curses.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

int terminfo_check(const char *type, struct err *err)
{
    int code;
    if (!type || !*type || strcmp(type, "dumb") == 0)
        return err_set(err, ERR_TERMINAL,
                       "TERM is %s: the dashboard needs a terminal that can "
                       "move the cursor. Use --once.",
                       type && *type ? type : "not set");
    if (setupterm(type, STDOUT_FILENO, &code) != OK)
        return err_set(err, ERR_TERMINAL,
                       "The terminal type %s is not known here. Set TERM to "
                       "one that is, for example xterm.", type);
    char *cup = tigetstr("cup");
    bool ok = cup && cup != (char *)-1;
    del_curterm(cur_term);
    if (!ok)
        return err_set(err, ERR_TERMINAL,
                       "The terminal type %s cannot move the cursor. Use "
                       "--once.", type);
    return 0;
}

bool terminfo_has_second_screen(void)
{
    char *leave = tigetstr("rmcup");
    return leave && leave != (char *)-1;
}
