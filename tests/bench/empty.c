/* The floor of `make bench`: a program that does nothing but start curses and
 * show a key that it gets, linked to the same libraries as ecsdash. */
#include <curl/curl.h>
#include <curses.h>
#include <jansson.h>
#include <locale.h>
#include <openssl/evp.h>
#include <uv.h>

/* Taken, never called: the linker must keep the libraries. */
const void *volatile keep[] = {(const void *)curl_version,
                               (const void *)uv_version_string,
                               (const void *)json_loads,
                               (const void *)EVP_sha256};

int main(void)
{
    int key;
    setlocale(LC_CTYPE, "");
    initscr();
    cbreak();
    noecho();
    mvaddstr(0, 0, "ready");
    refresh();
    while ((key = getch()) != ERR) {
        mvaddch(1, 0, (chtype)key);
        refresh();
    }
    endwin();
    return 0;
}
