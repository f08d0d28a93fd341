/* How much heap the rows hold. */
#include "backend/store/internal.h"

static void add_page(struct store_share *share, struct page *p, uint64_t mark)
{
    if (p == NULL || p->mark == mark)
        return;
    p->mark = mark;
    share->bytes += sizeof(*p) + arena_bytes(p->arena);
}

void store_measure(struct store *s, struct store_sizes *out)
{
    uint64_t mark = ++s->marks;

    *out = (struct store_sizes){.strings.n = strtab_len(s->strings),
                                .strings.bytes = strtab_bytes(s->strings)};
    for (const struct watch *w = s->watches; w != NULL; w = w->next) {
        for (size_t i = 0; i < w->n_svcs; i++) {
            out->services.n += w->svcs[i]->row != NULL;
            out->services.bytes += sizeof(struct svc_entry);
            add_page(&out->services, w->svcs[i]->data, mark);
            add_page(&out->services, w->svcs[i]->row_page, mark);
        }
        for (size_t i = 0; i < w->n_tasks; i++) {
            out->tasks.n += w->tasks[i]->row != NULL;
            out->tasks.bytes += sizeof(struct task_entry);
            add_page(&out->tasks, w->tasks[i]->data, mark);
            add_page(&out->tasks, w->tasks[i]->row_page, mark);
        }
    }
}
