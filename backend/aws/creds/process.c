/* credential_process: a command of the profile that prints credentials.
 *
 * It is split into words without a shell, and gets the whole environment of
 * the user, as under the AWS CLI: it is the user's own program and may need
 * any of it (a session of a password manager, a KUBECONFIG). It runs only when
 * nobody else can write the file that names it. */
#include "backend/aws/creds/run.h"
#include "backend/base/safefile.h"
#include "backend/base/words.h"

enum { DEADLINE_MS = 120 * 1000 }; /* it may ask in a browser */

static void on_done(void *arg, struct child_result *result,
                    const struct err *err)
{
    cred_take_output(arg, "credential_process", result, err);
}

/* Which file says so: the credentials file goes before the config file. */
static const char *where(const struct cred_context *cx)
{
    enum profile_file file =
        cred_get_from(cx, PROFILE_CREDENTIALS, "credential_process")
            ? PROFILE_CREDENTIALS
            : PROFILE_CONFIG;

    return profile_path(cx->profile, file);
}

static int run(struct cred_turn *turn, const char *command, struct err *err)
{
    const struct cred_context *cx = turn->context;
    char **argv, **env = NULL;
    struct child_request r = {.deadline_ms = DEADLINE_MS};
    int rc;

    if (safefile_check(where(cx), SAFEFILE_OWNED | SAFEFILE_UNSHARED, err)) {
        err_prefix(err, "The credential_process of profile \"%s\" was not run",
                   cred_profile(cx));
        return -1;
    }
    argv = words_split(command, err);
    if (!argv) {
        err_prefix(err, "The credential_process of profile \"%s\" can't be "
                   "read", cred_profile(cx));
        return -1;
    }
    r.argv = (const char *const *)argv;
    r.env = aws_env_all(&cx->env);
    if (!r.env) {
        env = cred_child_env(&cx->env);
        r.env = (const char *const *)env;
    }
    rc = child_start(cx->loop, turn->scope, &r, on_done, turn, err) ? 0 : -1;
    if (rc != 0)
        err_prefix(err, "The credential_process of profile \"%s\" failed",
                   cred_profile(cx));
    words_free(argv);
    words_free(env);
    return rc;
}

static void process_start(struct cred_turn *turn)
{
    const struct cred_context *cx = turn->context;
    const char *command = cred_get(cx, "credential_process");
    struct err err;

    if (!command) {
        cred_pass(turn, "no credential_process for profile \"%s\"",
                  cred_profile(cx));
        return;
    }
    if (run(turn, command, &err) != 0)
        cred_fail(turn, &err);
}

const struct cred_provider cred_process = {
    .name = "credential process",
    .help = "output of the profile's credential_process",
    .start = process_start,
};
