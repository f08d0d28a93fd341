/* log_match.h - whether a pattern is in a line of a log, one rule for `&`, `/`
 * and `tail --filter`: in the text as it came, or, where that is JSON, in the
 * text as it is shown ("ERROR refused  status=500", svc/logjson.h). */
#ifndef ECSDASH_VIEWS_LOG_LOG_MATCH_H
#define ECSDASH_VIEWS_LOG_LOG_MATCH_H

#include "backend/base/strbuf.h"
#include "backend/svc/logjson.h"
#include "backend/svc/logsrc.h"
#include "backend/svc/regex.h"

#include <stddef.h>
#include <stdint.h>

/* fields: the members that are shown, NULL = all. scratch: any buffer, its
 * content is replaced. */
enum regex_result log_match_text(struct regex *re, const char *text, size_t n,
                                 const struct logjson_fields *fields,
                                 struct strbuf *scratch);
/* What stands before the text, "9c1f2e88 envoy", is a part of the line, too.
 */
bool log_match_tag(struct regex *re, const struct logsrc *src,
                   uint16_t source);

#endif
