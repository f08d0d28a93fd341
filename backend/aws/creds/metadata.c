#include "backend/aws/creds/metadata.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "backend/base/fmt.h"
#include "backend/base/mem.h"

static const char *member(const json_t *root, const char *name)
{
    const char *s = json_string_value(json_object_get(root, name));

    return s && s[0] ? s : NULL;
}

static int take(const json_t *root, struct aws_creds *out, struct err *err)
{
    const char *code = member(root, "Code");
    const char *why = member(root, "Message");
    const char *key = member(root, "AccessKeyId");
    const char *secret = member(root, "SecretAccessKey");
    const char *token = member(root, "Token");
    const char *until = member(root, "Expiration");
    const char *account = member(root, "AccountId");

    if (code && strcmp(code, "Success") != 0)
        return err_set(err, ERR_DENIED, "%s%s%s", code, why ? ": " : "",
                       why ? why : "");
    if (!key || !secret || !token)
        return err_set(err, ERR_PARSE, "The answer lacks %s.",
                       !key ? "AccessKeyId"
                       : !secret ? "SecretAccessKey" : "Token");
    if (!until || fmt_parse_iso(until, &out->expires_ms) != 0)
        return err_set(err, ERR_PARSE, "The answer has no Expiration that is "
                       "a time.");
    out->access_key = xstrdup(key);
    out->secret = xstrdup(secret);
    out->token = xstrdup(token);
    if (account)
        snprintf(out->account, sizeof(out->account), "%s", account);
    return 0;
}

int cred_from_metadata(const char *text, size_t len, struct aws_creds *out,
                       struct err *err)
{
    json_t *root = json_loadb(text, len, 0, NULL);
    int rc;

    *out = (struct aws_creds){0};
    if (json_is_object(root))
        rc = take(root, out, err);
    else
        rc = err_set(err, ERR_PARSE, "The answer is not a JSON object.");
    json_decref(root);
    return rc;
}
