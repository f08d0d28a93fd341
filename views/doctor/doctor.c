#include "views/doctor/doctor.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/creds.h"
#include "backend/aws/endpoint.h"
#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"
#include "backend/net/loop.h"
#include "views/cli/exit_status.h"
#include "views/doctor/doctor_internal.h"

static const char *const status_names[FINDING_N] = {
    [FINDING_OK] = "ok",           [FINDING_WARNING] = "warning",
    [FINDING_DENIED] = "denied",   [FINDING_FAILED] = "failed",
    [FINDING_NOT_TESTED] = "not tested",
};

void doctor_found(struct doctor *d, const char *check,
                  enum finding_status status, const char *fmt, ...)
{
    struct strbuf text = STRBUF_INIT;
    va_list ap;

    va_start(ap, fmt);
    strbuf_vprintf(&text, fmt, ap);
    va_end(ap);
    d->findings = xgrow(d->findings, &d->cap, d->n + 1, sizeof(*d->findings));
    struct finding *f = &d->findings[d->n++];
    snprintf(f->check, sizeof(f->check), "%s", check);
    f->status = status;
    f->detail = strbuf_detach(&text);
}

/* ---- what needs no call ----------------------------------------------- */

static void check_endpoint(struct doctor *d, enum aws_service service)
{
    const struct aws_session *s = d->o->session;
    struct endpoint e;
    struct err err;
    char check[80];

    snprintf(check, sizeof(check), "endpoint %s",
             aws_service_info(service)->name);
    if (endpoint_resolve(aws_session_endpoints(s), service,
                         aws_session_region(s)->name, &e, &err) != 0)
        doctor_found(d, check, FINDING_FAILED, "%s", err.message);
    else
        doctor_found(d, check, FINDING_OK, "%s (%s)", e.url, e.why);
}

/* Host and port only: a proxy's URL may hold a password. */
static void check_proxy(struct doctor *d)
{
    static const char *const names[] = {"HTTPS_PROXY", "https_proxy",
                                        "ALL_PROXY", "all_proxy"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *v = aws_env_get(&d->o->env, names[i]);
        const char *at = v ? strrchr(v, '@') : NULL;
        const char *host = v ? strstr(v, "://") : NULL;

        if (!v)
            continue;
        host = at ? at + 1 : host ? host + 3 : v;
        doctor_found(d, "proxy", FINDING_OK, "%.*s (%s)",
                     (int)strcspn(host, "/?#"), host, names[i]);
        return;
    }
    doctor_found(d, "proxy", FINDING_OK, "none");
}

static void check_setup(struct doctor *d)
{
    const struct aws_session *s = d->o->session;
    const struct profile *p = aws_session_profile(s);
    char doubt[400];

    if (p)
        doctor_found(d, "profile", FINDING_OK, "%s (%s)", profile_name(p),
                     profile_source(p));
    if (aws_session_region_doubt(s, doubt, sizeof(doubt)))
        doctor_found(d, "region", FINDING_WARNING, "%s", doubt);
    else
        doctor_found(d, "region", FINDING_OK, "%s (%s)",
                     aws_session_region(s)->name,
                     aws_session_region(s)->source);
    check_proxy(d);
    check_endpoint(d, AWS_ECS);
    check_endpoint(d, AWS_LOGS);
    check_endpoint(d, AWS_STS);
}

/* ---- who we are -------------------------------------------------------- */

static void told_credentials(struct doctor *d, const struct err *err)
{
    const struct cred_chain *chain = aws_session_creds(d->o->session);
    const struct aws_creds *c = cred_chain_current(chain);
    char left[24];

    if (!c && err) {
        /* The notes below say the rest. */
        const char *end = strstr(err->message, " Tried: ");

        doctor_found(d, "credentials", FINDING_FAILED, "%.*s",
                     (int)(end ? end - err->message
                               : (ptrdiff_t)strlen(err->message)),
                     err->message);
        d->no_credentials = true;
    } else if (c && c->expires_ms) {
        int64_t now = clock_wall_ms(loop_clock(d->o->loop));

        doctor_found(d, "credentials", FINDING_OK, "%s, for another %s",
                     c->source, fmt_duration(c->expires_ms - now, left));
    } else if (c) {
        doctor_found(d, "credentials", FINDING_OK, "%s", c->source);
    }
    for (size_t i = 0; !c && i < cred_chain_n_notes(chain); i++) {
        const struct cred_note *note = cred_chain_note(chain, i);
        char check[80];

        snprintf(check, sizeof(check), "  %s", note->name);
        if (note->why[0])
            doctor_found(d, check, FINDING_NOT_TESTED, "%s", note->why);
    }
}

static void on_identity(void *arg, const struct aws_identity *id,
                        const struct err *err)
{
    struct doctor *d = arg;

    told_credentials(d, err);
    if (err) {
        if (!d->no_credentials)
            doctor_found(d, "identity", FINDING_FAILED, "%s", err->message);
        d->no_credentials |= err->code == ERR_CREDENTIALS ||
                             err->code == ERR_EXPIRED;
        loop_stop(d->o->loop);
        return;
    }
    d->identity = *id;
    doctor_found(d, "identity", FINDING_OK, "%s in account %s", id->arn,
                 id->account);
    doctor_probe(d);
}

/* ---- print --------------------------------------------------------------- */

static const char *partition(const struct doctor *d)
{
    if (d->identity.partition[0])
        return d->identity.partition;
    return d->o->session
               ? partition_of(aws_session_region(d->o->session)->name, NULL)
                     ->name
               : "aws";
}

static void put_json(struct strbuf *b, const struct doctor *d)
{
    strbuf_puts(b, "{\"checks\":[");
    for (size_t i = 0; i < d->n; i++) {
        const struct finding *f = &d->findings[i];
        const char *name = f->check + strspn(f->check, " ");

        strbuf_puts(b, i ? ",\n{\"check\":" : "\n{\"check\":");
        strbuf_put_json(b, name, strlen(name));
        strbuf_printf(b, ",\"status\":\"%s\",\"detail\":",
                      status_names[f->status]);
        strbuf_put_json(b, f->detail, strlen(f->detail));
        strbuf_putc(b, '}');
    }
    strbuf_puts(b, "\n],\"policies\":{\"read_only\":");
    permission_policy(b, partition(d), false);
    strbuf_puts(b, ",\"operate\":");
    permission_policy(b, partition(d), true);
    strbuf_puts(b, "}}\n");
}

static void put_text(struct strbuf *b, const struct doctor *d)
{
    size_t counts[FINDING_N] = {0};

    for (size_t i = 0; i < d->n; i++) {
        const struct finding *f = &d->findings[i];

        counts[f->status]++;
        strbuf_printf(b, "%-10s  %-27s  ", status_names[f->status], f->check);
        utf8_sanitise(b, f->detail, strlen(f->detail));
        strbuf_putc(b, '\n');
    }
    strbuf_puts(b, "\nThe smallest policy for reading:\n\n");
    permission_policy(b, partition(d), false);
    strbuf_puts(b, "\nThe smallest policy for operating:\n\n");
    permission_policy(b, partition(d), true);
    strbuf_printf(b, "\n%zu ok, %zu warnings, %zu denied, %zu failed, %zu not "
                  "tested\n", counts[FINDING_OK], counts[FINDING_WARNING],
                  counts[FINDING_DENIED], counts[FINDING_FAILED],
                  counts[FINDING_NOT_TESTED]);
}

static int finish(struct doctor *d, int *death)
{
    struct strbuf b = STRBUF_INIT;
    int status = d->no_session ? exit_status_of(d->no_session) : EXIT_FINE;

    if (d->no_credentials)
        status = EXIT_CREDENTIALS;
    if (d->o->json)
        put_json(&b, d);
    else
        put_text(&b, d);
    if (fwrite(strbuf_get(&b), 1, b.len, stdout) != b.len ||
        fflush(stdout) != 0) {
        *death = errno == EPIPE ? SIGPIPE : 0;
        status = EXIT_FAILED;
    }
    for (size_t i = 0; i < d->n; i++) {
        if (!status && (d->findings[i].status == FINDING_DENIED ||
                        d->findings[i].status == FINDING_FAILED))
            status = EXIT_FAILED;
        free(d->findings[i].detail);
    }
    free(d->findings);
    strbuf_release(&b);
    return status;
}

static void on_region(void *arg)
{
    const struct doctor *d = arg;

    loop_stop(d->o->loop);
}

/* Why there is no session that could be looked at; NULL = there is one. */
static const struct err *no_session(struct doctor *d)
{
    struct aws_session *s = d->o->session;

    if (!s)
        return d->o->setup;
    aws_session_on_region(s, on_region, d);
    if (aws_session_finds_region(s))
        loop_run(d->o->loop);
    aws_session_on_region(s, NULL, NULL);
    return aws_session_lacks_region(s);
}

int doctor_run(const struct doctor_options *o, int *death)
{
    struct doctor d = {.o = o};
    struct err err;

    scope_init(&d.scope, NULL);
    d.no_session = no_session(&d);
    if (d.no_session) {
        doctor_found(&d, "setup", FINDING_FAILED, "%s", d.no_session->message);
        return finish(&d, death);
    }
    check_setup(&d);
    if (aws_identify(aws_session_client(o->session), &d.scope, on_identity,
                     &d, &err) == 0)
        loop_run(o->loop);
    else
        doctor_found(&d, "identity", FINDING_FAILED, "%s", err.message);
    scope_cancel(&d.scope);
    return finish(&d, death);
}
