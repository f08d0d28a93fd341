/* embed.h - text files compiled into the binary (contrib/embed.sh). */
#ifndef ECSDASH_THEMES_EMBED_H
#define ECSDASH_THEMES_EMBED_H

struct embedded_file {
    const char *path; /* "themes/default.theme"; NULL ends the table */
    const char *text;
};

extern const struct embedded_file embedded_files[];

#endif
