#include "backend/aws/errors.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/aws/client.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"

enum { TEXT_CAP = 400, BODY_LOOK = 64 * 1024 };

static const struct {
    const char *code;
    enum err_code class;
    bool retryable;
} known[] = {
    {"Throttling", ERR_THROTTLED, true},
    {"ThrottlingException", ERR_THROTTLED, true},
    {"ThrottledException", ERR_THROTTLED, true},
    {"RequestThrottledException", ERR_THROTTLED, true},
    {"RequestThrottled", ERR_THROTTLED, true},
    {"TooManyRequestsException", ERR_THROTTLED, true},
    {"ProvisionedThroughputExceededException", ERR_THROTTLED, true},
    {"TransactionInProgressException", ERR_THROTTLED, true},
    {"RequestLimitExceeded", ERR_THROTTLED, true},
    {"BandwidthLimitExceeded", ERR_THROTTLED, true},
    {"SlowDown", ERR_THROTTLED, true},
    {"PriorRequestNotComplete", ERR_THROTTLED, true},
    {"EC2ThrottledException", ERR_THROTTLED, true},
    /* A real limit in ECS and Logs: waiting does not lift it. */
    {"LimitExceededException", ERR_AWS, false},
    {"RequestTimeout", ERR_AWS, true},
    {"RequestTimeoutException", ERR_AWS, true},
    /* STS could not reach the identity provider just now. */
    {"IDPCommunicationError", ERR_AWS, true},
    {"ExpiredToken", ERR_EXPIRED, false},
    {"ExpiredTokenException", ERR_EXPIRED, false},
    {"RequestExpired", ERR_EXPIRED, false},
    {"TokenRefreshRequired", ERR_EXPIRED, false},
    {"UnrecognizedClientException", ERR_CREDENTIALS, false},
    {"InvalidClientTokenId", ERR_CREDENTIALS, false},
    {"InvalidAccessKeyId", ERR_CREDENTIALS, false},
    {"AuthFailure", ERR_CREDENTIALS, false},
    {"MissingAuthenticationToken", ERR_CREDENTIALS, false},
    {"MissingAuthenticationTokenException", ERR_CREDENTIALS, false},
    {"IncompleteSignature", ERR_CREDENTIALS, false},
    {"IncompleteSignatureException", ERR_CREDENTIALS, false},
    {"OptInRequired", ERR_CREDENTIALS, false},
    {"InvalidSignatureException", ERR_CREDENTIALS, false},
    {"SignatureDoesNotMatch", ERR_CREDENTIALS, false},
    {"RequestTimeTooSkewed", ERR_CREDENTIALS, false},
    {"AccessDenied", ERR_DENIED, false},
    {"AccessDeniedException", ERR_DENIED, false},
    {"UnauthorizedOperation", ERR_DENIED, false},
    {"NotAuthorized", ERR_DENIED, false},
    {"UnauthorizedException", ERR_DENIED, false},
    {"ResourceNotFoundException", ERR_NOT_FOUND, false},
    {"ResourceNotFound", ERR_NOT_FOUND, false},
    {"ClusterNotFoundException", ERR_NOT_FOUND, false},
    {"ServiceNotFoundException", ERR_NOT_FOUND, false},
    {"TaskSetNotFoundException", ERR_NOT_FOUND, false},
    {"ServiceDeploymentNotFoundException", ERR_NOT_FOUND, false},
    {"NamespaceNotFoundException", ERR_NOT_FOUND, false},
    {"NamespaceNotFound", ERR_NOT_FOUND, false},
    {"ServiceNotFound", ERR_NOT_FOUND, false},
};

/* Class and retryable bit of an AWS error code with its HTTP status. */
static enum err_code classify(const char *aws_code, int http_status,
                              bool *retryable)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (strcmp(known[i].code, aws_code) == 0) {
            *retryable = known[i].retryable;
            return known[i].class;
        }
    }
    *retryable = http_status == 500 || http_status == 502 ||
                 http_status == 503 || http_status == 504;
    if (http_status == 429) {
        *retryable = true;
        return ERR_THROTTLED;
    }
    if (!aws_code[0] && http_status == 403)
        return ERR_DENIED;
    return ERR_AWS;
}

bool errors_may_be_clock(const char *aws_code)
{
    static const char *const codes[] = {
        "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure",
        "RequestTimeTooSkewed", "AccessDeniedException",
    };

    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        if (strcmp(codes[i], aws_code) == 0)
            return true;
    }
    return false;
}

/* The letters, digits and -._ that raw begins with: codes and ids end up in
 * messages, logs and file names. */
static void put_word(const char *raw, char *out, size_t size)
{
    size_t n = 0;

    for (; *raw && n + 1 < size; raw++) {
        if (!isalnum((unsigned char)*raw) && *raw != '.' && *raw != '_' &&
            *raw != '-')
            break;
        out[n++] = *raw;
    }
    out[n] = '\0';
}

void errors_request_id(const struct http_reply *reply, char *out,
                       unsigned long size)
{
    char raw[128];

    out[0] = '\0';
    if (http_reply_header(reply, "x-amzn-requestid", raw, sizeof(raw)) ||
        http_reply_header(reply, "x-amz-request-id", raw, sizeof(raw)))
        put_word(raw, out, size);
}

/* "com.amazonaws#Name:http://..." is Name. */
static void put_code(const char *raw, char *out, size_t size)
{
    const char *hash = strchr(raw, '#');

    put_word(hash ? hash + 1 : raw, out, size);
}

static const char *member(const json_t *root, const char *a, const char *b)
{
    const char *s = json_string_value(json_object_get(root, a));

    return s ? s : json_string_value(json_object_get(root, b));
}

/* Returns the message (heap) or NULL; fills code where the body has one. */
static char *from_json(const struct strbuf *body, char *code, size_t size)
{
    json_t *root = json_loadb(strbuf_get(body), body->len, 0, NULL);
    const char *c = member(root, "__type", "code");
    const char *m = member(root, "message", "Message");
    char *text;

    if (c && !code[0])
        put_code(c, code, size);
    if (!m)
        m = member(root, "error_description", "errorMessage");
    text = m ? xstrdup(m) : root ? xstrdup("") : NULL;
    json_decref(root);
    return text;
}

static char *from_xml(const struct strbuf *body, char *code, size_t size,
                      char *id, size_t id_size)
{
    static const char *const at[] = {"Error", "Errors/Error"};
    char path[40];
    char *text = NULL, *s;

    for (size_t i = 0; i < ARRAY_LEN(at) && !text; i++) {
        snprintf(path, sizeof(path), "%s/Code", at[i]);
        s = xml_text(strbuf_get(body), body->len, path);
        if (!s)
            continue;
        if (!code[0])
            put_code(s, code, size);
        free(s);
        snprintf(path, sizeof(path), "%s/Message", at[i]);
        text = xml_text(strbuf_get(body), body->len, path);
        if (!text)
            text = xstrdup("");
    }
    s = xml_text(strbuf_get(body), body->len, "RequestId");
    if (!s)
        s = xml_text(strbuf_get(body), body->len, "RequestID");
    if (s && !id[0])
        put_word(s, id, id_size);
    free(s);
    return text;
}

/* Plain text of whatever it is: tags dropped, blanks collapsed, cut. */
static char *from_text(const struct strbuf *body)
{
    struct strbuf b = STRBUF_INIT;
    bool tag = false, gap = false;

    for (const char *p = strbuf_get(body); *p && b.len < TEXT_CAP; p++) {
        if (*p == '<')
            tag = gap = true;
        else if (*p == '>' && tag)
            tag = false;
        else if (tag)
            continue;
        else if (isspace((unsigned char)*p))
            gap = true;
        else {
            if (gap && b.len > 0)
                strbuf_putc(&b, ' ');
            gap = false;
            strbuf_putc(&b, *p);
        }
    }
    return strbuf_detach(&b);
}

static void code_from_headers(const struct http_reply *reply, char *code,
                              size_t size)
{
    char header[200];

    if (http_reply_header(reply, "x-amzn-query-error", header,
                          sizeof(header)) ||
        http_reply_header(reply, "x-amzn-errortype", header, sizeof(header)))
        put_code(header, code, size);
}

void errors_decode(const struct aws_op *op, const struct http_reply *reply,
                   struct err *err)
{
    char code[64] = "", id[80];
    bool retryable;
    enum err_code class;
    char *text = NULL;
    const char *first = strbuf_get(&reply->body);
    size_t len;

    errors_request_id(reply, id, sizeof(id));
    code_from_headers(reply, code, sizeof(code));
    first += strspn(first, " \t\r\n");
    if (reply->body.len <= BODY_LOOK) {
        if (*first == '{')
            text = from_json(&reply->body, code, sizeof(code));
        else if (*first == '<')
            text = from_xml(&reply->body, code, sizeof(code), id, sizeof(id));
    }
    if (!text)
        text = from_text(&reply->body);
    class = classify(code, reply->status, &retryable);
    /* "Message: text." without doubling the full stop it may bring. */
    len = strlen(text);
    while (len > 0 && (text[len - 1] == '.' || text[len - 1] == ' '))
        text[--len] = '\0';
    err_set(err, class, "%s: %s%s%s.", op->name,
            code[0] ? code : "", code[0] && len ? ": " : "",
            len ? text : code[0] ? "" : "no reason was given");
    if (!code[0])
        err_prefix(err, "HTTP %d", reply->status);
    snprintf(err->aws_code, sizeof(err->aws_code), "%s", code);
    snprintf(err->request_id, sizeof(err->request_id), "%s", id);
    err->http_status = reply->status;
    err->retryable = retryable;
    free(text);
}
