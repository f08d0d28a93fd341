#include "backend/aws/creds/cli_cache.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/client.h"
#include "backend/aws/creds/secret_json.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/safefile.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"

enum { MAX_FILE = 64 * 1024 };
static const int64_t LEFT_MS = 15 * 60 * 1000;

/* ---- the key ---- */

/* Python escapes all but printable ASCII, in lower-case UTF-16 units. */
static void put_python(struct strbuf *out, const char *s)
{
    static const struct {
        char c;
        const char *text;
    } named[] = {{'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"}, {'\r', "\\r"},
                 {'\t', "\\t"}, {'\b', "\\b"},  {'\f', "\\f"}};
    size_t n = strlen(s);

    strbuf_putc(out, '"');
    while (n > 0) {
        uint32_t cp;
        size_t used = utf8_decode(s, n, &cp);
        const char *text = NULL;

        for (size_t i = 0; i < ARRAY_LEN(named) && !text; i++)
            text = cp == (unsigned char)named[i].c ? named[i].text : NULL;
        if (text)
            strbuf_puts(out, text);
        else if (cp >= ' ' && cp <= '~')
            strbuf_putc(out, (char)cp);
        else if (cp > 0xffff)
            strbuf_printf(out, "\\u%04x\\u%04x",
                          0xd800 + ((cp - 0x10000) >> 10),
                          0xdc00 + ((cp - 0x10000) & 0x3ff));
        else
            strbuf_printf(out, "\\u%04x", cp);
        s += used;
        n -= used;
    }
    strbuf_putc(out, '"');
}

static void put_member(struct strbuf *out, const char *name, const char *value)
{
    if (!value)
        return;
    strbuf_printf(out, "%s\"%s\": ", out->len > 1 ? ", " : "", name);
    put_python(out, value);
}

int cli_cache_key(const struct cli_cache_args *args, char out[41])
{
    struct strbuf text = STRBUF_INIT;
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    int ok;

    strbuf_putc(&text, '{');
    if (args->duration)
        strbuf_printf(&text, "\"DurationSeconds\": %lld",
                      (long long)args->duration);
    put_member(&text, "ExternalId", args->external_id);
    put_member(&text, "RoleArn", args->role_arn);
    put_member(&text, "RoleSessionName", args->session_name);
    put_member(&text, "SerialNumber", args->serial);
    strbuf_putc(&text, '}');
    ok = EVP_Digest(strbuf_get(&text), text.len, md, &len, EVP_sha1(), NULL);
    strbuf_release(&text);
    if (ok != 1 || len != 20)
        return -1;
    for (unsigned int i = 0; i < len; i++)
        snprintf(out + 2 * i, 3, "%02x", md[i]);
    return 0;
}

/* ---- the file ---- */

static int from_json(const struct cred_turn *turn, const json_t *root,
                     struct aws_creds *out, struct err *err)
{
    const json_t *c = json_object_get(root, "Credentials");
    const char *key = secret_json_get(c, "AccessKeyId");
    const char *secret = secret_json_get(c, "SecretAccessKey");
    const char *token = secret_json_get(c, "SessionToken");
    const char *arn = secret_json_get(
        json_object_get(root, "AssumedRoleUser"), "Arn");
    struct aws_identity id;
    int64_t expires;

    if (!key || !secret || !token ||
        secret_json_time(c, "Expiration", &expires) != 0)
        return err_set(err, ERR_PARSE, "It holds no role credentials.");
    if (expires - clock_wall_ms(turn->context->clock) < LEFT_MS)
        return err_set(err, ERR_NOT_FOUND, "What it holds expires.");
    out->access_key = xstrdup(key);
    out->secret = xstrdup(secret);
    out->token = xstrdup(token);
    out->expires_ms = expires;
    if (arn && aws_identity_from_arn(&id, arn) == 0)
        snprintf(out->account, sizeof(out->account), "%s", id.account);
    return 0;
}

int cli_cache_read(struct cred_turn *turn, const char *key,
                   struct aws_creds *out, struct err *err)
{
    const char *home = aws_env_get(&turn->context->env, "HOME");
    struct strbuf text = STRBUF_INIT;
    json_t *root;
    char *path;
    int rc = -1;

    if (!home)
        return err_set(err, ERR_NOT_FOUND, "HOME is not set.");
    path = xasprintf("%s/.aws/cli/cache/%s.json", home, key);
    cred_watch(turn, path);
    if (safefile_read(path, SAFEFILE_STRICT, MAX_FILE, &text, err) == 0) {
        root = secret_json_parse(strbuf_get(&text), text.len);
        if (root)
            rc = from_json(turn, root, out, err);
        else
            err_set(err, ERR_PARSE, "It is not JSON.");
        json_decref(root);
        if (rc != 0)
            err_prefix(err, "%s", path);
        strbuf_release_secret(&text);
    }
    free(path);
    return rc;
}
