/* start.h - the ways to run: each from the options to the exit status. What
 * goes wrong is said on stderr. */
#ifndef ECSDASH_VIEWS_START_H
#define ECSDASH_VIEWS_START_H

struct kind;
struct options;
struct program;

/* --sim-server; needs no struct program. */
int start_simulator(const struct options *o);
/* The others need a program that was opened, and connect it. kind NULL =
 * services. *death: the signal that main dies of when all is closed. */
int start_once(struct program *p, const struct kind *kind, int *death);
int start_doctor(struct program *p, int *death);
int start_tail(struct program *p, int *death);
int start_dashboard(struct program *p, const struct kind *kind, int *death);

#endif
