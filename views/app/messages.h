/* messages.h - everything the program has said: newest last, equal ones in a
 * row collapse to xN; the newest unread one sticks in the message row until a
 * key or `!`. */
#ifndef ECSDASH_VIEWS_MESSAGES_H
#define ECSDASH_VIEWS_MESSAGES_H

#include "themes/theme.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum message_level { MSG_INFO, MSG_OK, MSG_WARN, MSG_ERROR };

struct message {
    int64_t first_ms, last_ms; /* wall */
    enum message_level level;
    int count;
    char *text;
    char *of;     /* what it is about, where later ones take its place */
    bool passing; /* goes with the next key */
};

struct messages {
    struct message *items; /* oldest first; at most MESSAGES_MAX */
    size_t n, cap;
    size_t unread;  /* errors and warnings that nobody has seen */
    bool fresh;     /* the newest is one of these */
    bool shown;     /* the newest sticks in the message row */
};

#define MESSAGES_MAX 500

void messages_release(struct messages *m);
/* Takes a copy. Returns true when it is new rather than a repeat. */
bool messages_add(struct messages *m, enum message_level level,
                  int64_t now_ms, const char *text);
/* How far something has come: takes the place of what was said last `of` it. */
void messages_progress(struct messages *m, enum message_level level,
                       int64_t now_ms, const char *of, const char *text);
/* Kept and counted, with the newest text, but not shown in the message row. */
void messages_tally(struct messages *m, enum message_level level,
                    int64_t now_ms, const char *of, const char *text);
/* An answer to a key, of no use after the next one: shown, not kept. */
void messages_hint(struct messages *m, int64_t now_ms, const char *text);
/* A key was pressed: the newest leaves its row and has been seen. */
void messages_seen(struct messages *m);
/* The view of all of them is open. */
void messages_seen_all(struct messages *m);
/* Errors and warnings beside the newest that nobody has seen. */
size_t messages_others(const struct messages *m);
const struct message *messages_newest(const struct messages *m); /* or NULL */
enum role message_role(enum message_level level);

#endif
