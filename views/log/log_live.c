/* T: a live tail beside the polling, for who agrees to its price. It runs only
 * while its log is on the screen: then it is what somebody looks at. */
#include "views/log/log.h"

#include <stdio.h>
#include <string.h>

#include "backend/base/fmt.h"

#define SAID_EACH_MS 60000 /* breaks that come one after the other */

/* ---- on and off ------------------------------------------------------ */

static int start(struct log_view *lv, struct err *err)
{
    const struct realm *r = lv->view.app->realm;

    if (!r->identity_known)
        return err_set(err, ERR_USAGE, "A live tail needs the number of the "
                       "account, which is not known (yet): %s",
                       r->identity_error.code ? r->identity_error.message
                                              : "try again in a moment.");
    return logsrc_live_start(lv->src, r->identity.partition,
                             r->identity.account, err);
}

/* It was on, and is to be again. */
static void go_on(struct log_view *lv)
{
    struct err err = {0};

    if (!lv->live.on || start(lv, &err) == 0)
        return;
    lv->live.on = false;
    app_say(lv->view.app, MSG_INFO, "The live tail was not begun again: %s",
            err.message);
}

static void stop(struct log_view *lv)
{
    lv->live.on = false;
    logsrc_live_stop(lv->src);
    app_say(lv->view.app, MSG_INFO, "Live tail ended; polling goes on.");
}

static void on_dialog(void *arg, enum dialog_result r)
{
    struct log_view *lv = arg;
    struct app *a = lv->view.app;
    struct err err = {0};

    if (r == DIALOG_CANCELLED)
        app_say(a, MSG_INFO, "No live tail was begun.");
    if (r != DIALOG_CONFIRMED)
        return;
    app_dialog_close(a);
    lv->live.on = start(lv, &err) == 0;
    if (!lv->live.on)
        app_say(a, MSG_WARN, "%s", err.message);
}

static void ask(struct log_view *lv, size_t groups, size_t sessions)
{
    struct app *a = lv->view.app;
    char title[80], who[80];
    struct dialog *d;

    snprintf(title, sizeof(title), "LIVE TAIL %s", lv->name);
    d = app_dialog(a, title, "Start", on_dialog, lv);
    dialog_add(d, ROLE_DIALOG, "what", "new lines within 2 seconds; "
               "polling, which is free, takes 2 to 8");
    dialog_add(d, ROLE_DIALOG, "who pays", "%s",
               realm_label(a->realm, who, sizeof(who)));
    dialog_add(d, ROLE_STALE, "price", "about 0.01 USD a minute%s, after 1,800 "
               "free minutes a month", sessions > 1 ? " and session" : "");
    dialog_add(d, ROLE_DIALOG, "limits", "3 hours; 500 lines a second%s, above "
               "that AWS sends a sample and polling brings the rest",
               sessions > 1 ? " and session" : "");
    dialog_add(d, ROLE_DIALOG, "stops", "while this log is not on the screen; "
               "for good by the same key");
    dialog_add(d, ROLE_DIALOG, "needs", "logs:StartLiveTail; %zu session%s for "
               "%zu log group%s (at most 10 each)", sessions,
               sessions == 1 ? "" : "s", groups, groups == 1 ? "" : "s");
}

void log_live_toggle(struct log_view *lv)
{
    size_t groups, sessions;

    if (lv->live.on) {
        stop(lv);
        return;
    }
    logsrc_live_needs(lv->src, &groups, &sessions);
    if (groups)
        ask(lv, groups, sessions);
    else
        app_say(lv->view.app, MSG_INFO, "There is nothing to tail live: no "
                "task of this log runs.");
}

/* ---- what happens to it ---------------------------------------------- */

void log_live_show(struct log_view *lv, bool on)
{
    if (on)
        go_on(lv);
    else
        logsrc_live_stop(lv->src);
}

void log_live_again(struct log_view *lv)
{
    go_on(lv);
}

void log_live_changed(struct log_view *lv)
{
    struct app *a = lv->view.app;
    int64_t now = clock_mono_ms(a->o.clock);
    enum logsrc_live_state was = lv->live.seen;
    struct logsrc_live l;

    logsrc_live(lv->src, &l);
    lv->live.seen = l.state;
    if (l.state == was)
        return;
    if (l.state == LOGSRC_LIVE_ENDED) {
        lv->live.on = false;
        app_say(a, MSG_WARN, "%s", l.why);
    } else if (l.state == LOGSRC_LIVE_BROKEN &&
               (!lv->live.said_ms || now - lv->live.said_ms > SAID_EACH_MS)) {
        lv->live.said_ms = now;
        app_say(a, MSG_WARN, "%s", l.why);
    }
}

void log_live_put(const struct log_view *lv, int cols, struct strbuf *out)
{
    struct logsrc_live l;
    char age[16];

    logsrc_live(lv->src, &l);
    switch (l.state) {
    case LOGSRC_LIVE_OFF:
    case LOGSRC_LIVE_ENDED:
        return;
    case LOGSRC_LIVE_STARTING:
        strbuf_puts(out, "  LIVE is asked for");
        return;
    case LOGSRC_LIVE_BROKEN:
        strbuf_puts(out, "  NOT LIVE, broke off: polling");
        return;
    case LOGSRC_LIVE_ON:
        strbuf_printf(out, "  LIVE %s", fmt_age(l.age_ms, age));
    }
    if (l.sampled)
        strbuf_puts(out, cols < 100 ? " sampled"
                                    : " (sampled: polls bring the rest)");
}

void log_live_free(struct log_view *lv)
{
    struct app *a = lv->view.app;

    if (a->dialog.open && a->dialog_fn == on_dialog && a->dialog_arg == lv)
        app_dialog_close(a);
}
