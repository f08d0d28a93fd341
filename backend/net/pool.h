/* pool.h - one piece of work off the loop, on libuv's thread pool. */
#ifndef ECSDASH_NET_POOL_H
#define ECSDASH_NET_POOL_H

struct loop;

/* work runs on a thread and touches nothing but arg; done runs on the loop
 * afterwards, always. Counted as pending work in between. */
void pool_run(struct loop *loop, void (*work)(void *arg),
              void (*done)(void *arg), void *arg);

#endif
