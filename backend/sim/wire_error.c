/* Errors, in the shape and with the name that each kind of service has for
 * them. */
#include "backend/sim/sim_internal.h"

#include "backend/base/mem.h"

#include <ctype.h>
#include <string.h>

/* One trouble, as JSON services call it, and its other names. A NULL: the
 * same; a status of 0: as it came. */
static const struct {
    const char *json, *query;
    int query_status;
    const char *ec2, *sso, *oidc;
    int rest_status; /* SSO, and plain answers */
} names[] = {
    {"MissingAuthenticationTokenException", "MissingAuthenticationToken", 403,
     "MissingAuthenticationToken", "UnauthorizedException", "invalid_request",
     401},
    {"UnrecognizedClientException", "InvalidClientTokenId", 403,
     "AuthFailure", "UnauthorizedException", "invalid_client", 401},
    {"InvalidSignatureException", "SignatureDoesNotMatch", 403, "AuthFailure",
     "UnauthorizedException", "invalid_request", 401},
    {"IncompleteSignatureException", "IncompleteSignature", 400,
     "IncompleteSignature", NULL, "invalid_request", 0},
    {"ThrottlingException", "Throttling", 400, "RequestLimitExceeded",
     "TooManyRequestsException", "slow_down", 429},
    {"ExpiredTokenException", "ExpiredToken", 403, "RequestExpired",
     "UnauthorizedException", "invalid_grant", 401},
    {"AccessDeniedException", "AccessDenied", 403, "UnauthorizedOperation",
     "ForbiddenException", "access_denied", 403},
    {"ServerException", "InternalFailure", 500, "InternalError",
     "InternalServerException", "server_error", 500},
};

static const char *const types[P_N] = {
    [P_JSON] = "application/x-amz-json-1.1",
    [P_JSON10] = "application/x-amz-json-1.0",
    [P_QUERY] = "text/xml",
    [P_EC2] = "text/xml;charset=UTF-8",
    [P_SSO] = "application/json",
    [P_OIDC] = "application/json",
    [P_SIGNIN] = "application/json",
    [P_TEXT] = "text/plain",
};

const char *sim_protocol_type(enum sim_protocol p)
{
    return types[p];
}

static const char *rename_for(enum sim_protocol p, const char *code,
                              int *status)
{
    size_t i = 0;
    const char *other = NULL;
    int to = 0;
    while (i < ARRAY_LEN(names) && strcmp(names[i].json, code) != 0)
        i++;
    if (i == ARRAY_LEN(names))
        return code;
    if (p == P_QUERY || p == P_EC2) {
        other = p == P_EC2 ? names[i].ec2 : names[i].query;
        to = names[i].query_status;
    } else if (p == P_SSO || p == P_TEXT) {
        other = p == P_SSO ? names[i].sso : NULL;
        to = names[i].rest_status;
    } else if (p == P_OIDC) {
        other = names[i].oidc;
    }
    *status = to ? to : *status;
    return other ? other : code;
}

static void put_pair(struct strbuf *b, const char *k1, const char *v1,
                     const char *k2, const char *v2)
{
    strbuf_printf(b, "{\"%s\":", k1);
    strbuf_put_json(b, v1, strlen(v1));
    strbuf_printf(b, ",\"%s\":", k2);
    strbuf_put_json(b, v2, strlen(v2));
    strbuf_putc(b, '}');
}

/* "slow_down" is SlowDownException in the header. */
static void put_error_type(struct strbuf *b, const char *code)
{
    bool start = true;
    strbuf_puts(b, "x-amzn-ErrorType: ");
    for (; *code; code++) {
        if (*code != '_')
            strbuf_putc(b, start ? (char)toupper((unsigned char)*code)
                                 : *code);
        start = *code == '_';
    }
    strbuf_puts(b, "Exception\r\n");
}

static void put_xml_error(struct strbuf *b, bool ec2, const char *code,
                          const char *message, const char *id)
{
    strbuf_puts(b, ec2 ? "<Response><Errors><Error>"
                       : "<ErrorResponse><Error><Type>Sender</Type>");
    strbuf_printf(b, "<Code>%s</Code><Message>", code);
    sim_put_xml_text(b, message);
    strbuf_puts(b, "</Message></Error>");
    if (ec2)
        strbuf_printf(b, "</Errors><RequestID>%s</RequestID></Response>\n",
                      id);
    else
        strbuf_printf(b, "<RequestId>%s</RequestId></ErrorResponse>\n", id);
}

void sim_put_error(struct sim_reply *r, int status, const char *code,
                   const char *message)
{
    struct strbuf *b = &r->body;
    code = rename_for(r->protocol, code, &status);
    r->status = status;
    r->type = types[r->protocol];
    strbuf_clear(b);
    switch (r->protocol) {
    case P_QUERY:
    case P_EC2:
        put_xml_error(b, r->protocol == P_EC2, code, message, r->id);
        break;
    case P_OIDC:
        put_error_type(&r->headers, code);
        put_pair(b, "error", code, "error_description", message);
        break;
    case P_SIGNIN: /* of AWS's codes it knows only some */
        strbuf_printf(&r->headers, "x-amzn-ErrorType: %s\r\n",
                      status == 400   ? "ValidationException"
                      : status == 429 ? "TooManyRequestsError"
                      : status >= 500 ? "InternalServerException"
                                      : "AccessDeniedException");
        put_pair(b, "error", status >= 500 ? "server_error" : code, "message",
                 message);
        break;
    case P_TEXT:
        strbuf_printf(b, "%s: %s\n", code, message);
        break;
    case P_SSO:
        strbuf_printf(&r->headers, "x-amzn-ErrorType: %s\r\n", code);
        strbuf_puts(b, "{\"message\":");
        strbuf_put_json(b, message, strlen(message));
        strbuf_putc(b, '}');
        break;
    default:
        /* The services don't agree on the case of this member. */
        put_pair(b, "__type", code,
                 strcmp(code, "AccessDeniedException") == 0 ? "Message"
                                                            : "message",
                 message);
    }
}
