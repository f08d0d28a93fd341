/* faulty.h - what the two halves of faulty.so share. */
#ifndef ECSDASH_TESTS_FAULTS_FAULTY_H
#define ECSDASH_TESTS_FAULTS_FAULTY_H

#include <stdbool.h>
#include <stdint.h>

enum kind { NONE, ALLOC, STACK, DESCRIPTOR, CONNECT, SEND, RECV, OPEN, CREATE,
            READ, WRITE, SHORT, FSYNC, CLOSE, RENAME, FORK, INTR, RESOLVE };

enum { MAX_STACKS = 16384 };

/* The file of counts; a reader takes the count of calls, or of stacks, and
 * those many of the latter. */
struct page {
    uint64_t count;
    uint64_t stacks[MAX_STACKS];
};

struct faulty {
    enum kind kind;
    uint64_t at; /* 0 = only count */
    bool on;     /* from then on */
    struct page *page;
};
extern struct faulty faulty;

/* Counts a call of this kind; true, with errno, when it has to fail. */
bool fails(enum kind k);

#endif
