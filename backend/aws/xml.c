/* xml_text(): one element's text out of a small XML reply, by expat. */
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/client.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"

enum { TEXT_LIMIT = 64 * 1024, MAX_DEPTH = 64 };

struct reader {
    const char *path;
    size_t at;     /* bytes of path matched by the open elements */
    int depth;     /* open elements */
    int matched;   /* of which lie on the path, counted from the root's child */
    bool inside;   /* in the wanted element itself */
    bool found;
    struct strbuf text;
    XML_Parser parser;
};

/* The path's segment at offset `at` is this name. */
static size_t segment(const char *path, size_t at, const char *name)
{
    size_t n = strlen(name);

    if (strncmp(path + at, name, n) != 0)
        return 0;
    if (path[at + n] == '/')
        return n + 1;
    return path[at + n] == '\0' ? n : 0;
}

static void on_start(void *arg, const char *name, const char **atts)
{
    struct reader *r = arg;
    size_t n;

    (void)atts;
    if (r->depth >= MAX_DEPTH) {
        XML_StopParser(r->parser, XML_FALSE);
        return;
    }
    r->depth++;
    if (r->found || r->inside || r->depth != r->matched + 2)
        return;
    n = segment(r->path, r->at, name);
    if (!n)
        return;
    r->at += n;
    r->matched++;
    r->inside = r->path[r->at] == '\0';
}

static void on_end(void *arg, const char *name)
{
    struct reader *r = arg;

    if (r->depth == r->matched + 1 && r->matched > 0 && !r->found) {
        if (r->inside) {
            r->found = true;
            r->inside = false;
        } else {
            r->at -= strlen(name) + 1;
            r->matched--;
        }
    }
    r->depth--;
}

static void on_text(void *arg, const char *s, int n)
{
    struct reader *r = arg;

    if (r->inside && r->depth == r->matched + 1)
        strbuf_append(&r->text, s, (size_t)n);
}

/* No reply of AWS has a DTD, so entities can't grow. */
static void on_doctype(void *arg, const char *name, const char *sysid,
                       const char *pubid, int has_internal)
{
    struct reader *r = arg;

    (void)name;
    (void)sysid;
    (void)pubid;
    (void)has_internal;
    XML_StopParser(r->parser, XML_FALSE);
}

char *xml_text(const char *body, size_t len, const char *path)
{
    struct reader r = {.path = path};
    struct strbuf clean = STRBUF_INIT;
    bool ok;

    r.parser = XML_ParserCreate("UTF-8");
    if (!r.parser)
        return NULL;
    strbuf_limit(&r.text, TEXT_LIMIT);
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    ok = len <= INT32_MAX &&
         XML_Parse(r.parser, body, (int)len, 1) == XML_STATUS_OK;
    XML_ParserFree(r.parser);
    if (ok && r.found)
        utf8_sanitise(&clean, strbuf_get(&r.text), r.text.len);
    strbuf_release_secret(&r.text); /* STS answers with keys */
    return ok && r.found ? strbuf_detach(&clean) : NULL;
}
