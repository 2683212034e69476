/* Gather: eight pages are fetched, three at a time, and the sizes come back in the order of the pages, whichever was
 * first. Compare 12_worker_pool.c, which does such a thing by hand. The first failure cancels the rest, and nothing
 * of the call is left when it returns. */
#include <crib.h>
#include <stdio.h>

#define PAGES   8
#define LIMIT   3
#define MISSING (-1000404)

struct page {
    const char *path;
    int ms;   /* what it takes */
    int size; /* < 0: there is no such page */
};

/* Runs as a task of its own. What it found is left as the result of the task. */
static int fetch(void *data) {
    const struct page *page = data;
    int rc = crib_sleep(CRIB_MS(page->ms)); /* stands for the transfer */
    if (rc < 0) return rc;
    if (page->size < 0) return crib_fail(MISSING, page->path);
    return crib_task_set_result(crib_value_int(page->size));
}

static int fetch_all(struct page *pages) {
    crib_work works[PAGES];
    crib_value sizes[PAGES];
    for (int i = 0; i < PAGES; i++) works[i] = (crib_work){pages[i].path, fetch, &pages[i], NULL};
    int64_t began = crib_now();
    int rc = crib_gather(works, PAGES, LIMIT, sizes);
    int ms = (int)((crib_now() - began) / CRIB_MS(10)) * 10;
    if (rc < 0) {
        printf("failed after about %d ms: %s is missing\n", ms,
               crib_error_message(crib_error_find(crib_error_current(), rc)));
        return rc;
    }
    for (int i = 0; i < PAGES; i++) printf("%-8s %d bytes\n", pages[i].path, (int)crib_value_as_int(sizes[i], -1));
    printf("after about %d ms\n", ms);
    return 0;
}

static int app(void *unused) {
    struct page pages[PAGES] = {{"/", 80, 1200},    {"/news", 45, 900}, {"/map", 30, 52000}, {"/about", 10, 300},
                                {"/faq", 20, 4100}, {"/team", 45, 640}, {"/jobs", 30, 80},   {"/login", 10, 210}};
    (void)unused;
    int rc = fetch_all(pages);
    if (rc < 0) return rc;
    pages[3].size = -1;
    rc = fetch_all(pages); /* the pages after it are not even begun */
    return rc == MISSING ? 0 : -1000001;
}

int main(void) { return crib_run(app, NULL) < 0; }
