/* The floor of `make bench`: a program that does nothing but start curses,
 * linked to the same libraries as ecsdash. */
#include <curl/curl.h>
#include <curses.h>
#include <jansson.h>
#include <locale.h>
#include <openssl/evp.h>
#include <unistd.h>
#include <uv.h>

/* Taken, never called: the linker must keep the libraries. */
const void *volatile keep[] = {(const void *)curl_version,
                               (const void *)uv_version_string,
                               (const void *)json_loads,
                               (const void *)EVP_sha256};

int main(void)
{
    setlocale(LC_CTYPE, "");
    initscr();
    addstr("ready");
    refresh();
    pause();
    return 0;
}
