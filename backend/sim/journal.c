/* What came in: kept for the tests of this process, and written to a file as
 * a line of JSON each for those of others. */
#include "backend/sim/sim_internal.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEEP_BODY 65536
#define KEEP_REQUESTS 100000

size_t sim_requests(const struct sim *s)
{
    return s->n_requests;
}

const struct sim_request *sim_request_at(const struct sim *s, size_t i)
{
    return i < s->n_requests ? &s->requests[i] : NULL;
}

size_t sim_count(const struct sim *s, const char *operation)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_requests; i++)
        n += strcmp(s->requests[i].operation, operation) == 0;
    return n;
}

void sim_forget_requests(struct sim *s)
{
    for (size_t i = 0; i < s->n_requests; i++)
        free(s->requests[i].body);
    s->n_requests = 0;
}

static void keep(struct sim *s, const struct sim_ask *ask,
                 const struct sim_http *r, int status)
{
    if (s->n_requests >= KEEP_REQUESTS)
        sim_forget_requests(s);
    s->requests = xgrow(s->requests, &s->cap_requests, s->n_requests + 1,
                        sizeof(*s->requests));
    struct sim_request *q = &s->requests[s->n_requests++];
    size_t n = r->body.len < KEEP_BODY ? r->body.len : KEEP_BODY;
    *q = (struct sim_request){.at_ms = sim_now(s), .status = status};
    q->body = xstrndup(strbuf_get(&r->body), n);
    snprintf(q->operation, sizeof(q->operation), "%s", ask->name);
    snprintf(q->service, sizeof(q->service), "%s",
             ask->who ? ask->service : "");
    snprintf(q->access_key, sizeof(q->access_key), "%s",
             ask->who ? ask->who->key : "");
    snprintf(q->region, sizeof(q->region), "%s", ask->region);
    snprintf(q->account, sizeof(q->account), "%s",
             ask->who ? ask->who->account : "");
}

/* ---- the file ------------------------------------------------------- */

int sim_journal_open(struct sim *s, const char *path, struct err *err)
{
    struct stat st;
    s->journal = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC |
                                O_NOFOLLOW, 0600);
    if (s->journal < 0)
        return err_set_errno(err, errno, "Cannot write the journal %s", path);
    if (fstat(s->journal, &st) || !S_ISREG(st.st_mode) ||
        st.st_uid != geteuid())
        return err_set(err, ERR_USAGE, "The journal %s is no file of yours.",
                       path);
    return 0;
}

static void put(struct strbuf *b, const char *name, const char *value)
{
    strbuf_printf(b, "%s\"%s\":", b->len > 1 ? "," : "", name);
    strbuf_put_json(b, value, strlen(value));
}

/* A token that we made up is shown; of any other only its hash, since it may
 * be somebody's real one. */
static void put_token(struct strbuf *b, const struct sim *s,
                      const struct sim_ask *ask, const char *token)
{
    const struct sim_ident *i = sim_ident(s, ask->claimed);
    unsigned char md[32];
    char text[72] = "sha256:";
    if (!token || (i && i->issued && i->token && !strcmp(i->token, token))) {
        put(b, "token", token ? token : "");
        return;
    }
    EVP_Digest(token, strlen(token), md, NULL, EVP_sha256(), NULL);
    for (size_t k = 0; k < sizeof(md); k++)
        snprintf(text + 7 + 2 * k, 3, "%02x", md[k]);
    put(b, "token", text);
}

static void write_line(const struct sim *s, const struct sim_ask *ask,
                       const struct sim_http *r, int status)
{
    struct strbuf b = STRBUF_INIT;
    char at[40];
    strbuf_putc(&b, '{');
    put(&b, "at", fmt_iso(sim_now(s), FMT_UTC, at));
    put(&b, "service", ask->service);
    put(&b, "action", ask->name);
    put(&b, "access_key", ask->claimed);
    put_token(&b, s, ask, sim_http_header(r, "x-amz-security-token"));
    put(&b, "region", ask->region);
    put(&b, "account", ask->who ? ask->who->account : "");
    put(&b, "arn", ask->who ? ask->who->arn : "");
    put(&b, "fault", sim_fault_name(ask->fault));
    strbuf_printf(&b, ",\"signed\":%s,\"status\":%d}\n",
                  ask->who ? "true" : "false", status);
    /* One write a line, so that readers see whole ones. A full disk loses
     * lines, not the simulator. */
    if (write(s->journal, b.data, b.len) != (ssize_t)b.len)
        fprintf(stderr, "ecsdash: the journal lost a line\n");
    strbuf_release(&b);
}

void sim_note(struct sim *s, const struct sim_ask *ask,
              const struct sim_http *r, int status)
{
    if (s->journal >= 0)
        write_line(s, ask, r, status);
    if (!s->no_log)
        keep(s, ask, r, status);
}
