/* Token: a named "stop" that is handed to whom it concerns, instead of reaching everything in a block. Here each
 * connection has a token of its own, chained with that of the whole service: either one stops it. A thread that knows
 * nothing of tasks stops the service. */
#include <crib.h>
#include <pthread.h>
#include <stdio.h>

struct connection {
    const char *name;
    crib_token *closed; /* its own, or the service's */
    crib_event *gone;   /* set when it has ended */
};

/* Asks now and then, as a loop that computes would. */
static int polls(void *data) {
    struct connection *c = data;
    int rc = 0;
    while (rc == 0 && (rc = crib_token_check(c->closed)) == 0) rc = crib_sleep(CRIB_MS(1));
    if (rc == CRIB_EOPCANCELLED) {
        const crib_token *which = crib_token_triggered_token(c->closed);
        printf("%s: %s (it was \"%s\")\n", c->name, crib_error_message(crib_error_current()), crib_token_name(which));
        rc = 0;
    }
    crib_event_set(c->gone);
    return rc;
}

/* Waits in a scope that the token cancels, so that every wait inside ends. */
static int waits(void *data) {
    struct connection *c = data;
    bool stopped;
    crib_scope *scope = crib_scope_open(NULL);
    int rc = crib_scope_link_token(scope, c->closed);
    if (rc == 0) rc = crib_sleep_forever();
    if (rc == CRIB_ECANCELLED) printf("%s: cancelled by \"%s\"\n", c->name, crib_scope_reason(scope));
    rc = crib_scope_close(scope, rc, &stopped);
    crib_event_set(c->gone);
    return rc;
}

static void *operator_thread(void *service) {
    crib_token_trigger(service); /* from any thread */
    return NULL;
}

static int app(void *unused) {
    (void)unused;
    pthread_t thread;
    crib_token *service = crib_token_new_external("service"); /* external: the run may wait for it alone */
    crib_token *own = crib_token_new("connection 1");
    struct connection first = {"first", crib_token_chain(own, service), crib_event_new()};
    struct connection second = {"second", crib_token_ref(service), crib_event_new()};
    printf("the chain is called \"%s\"\n", crib_token_name(first.closed));
    crib_nursery *nursery = crib_nursery_open();
    crib_nursery_start_soon(nursery, "first", polls, &first, NULL);
    crib_nursery_start_soon(nursery, "second", waits, &second, NULL);
    int rc = crib_sleep(CRIB_MS(10));
    crib_token_trigger(own); /* stops the first, and no other */
    if (rc == 0) rc = crib_event_wait(first.gone);
    printf("service triggered: %s\n", crib_token_triggered(service) ? "yes" : "no");
    if (rc == 0 && pthread_create(&thread, NULL, operator_thread, service) == 0) {
        rc = crib_event_wait(second.gone);
        pthread_join(thread, NULL);
    }
    rc = crib_nursery_close(nursery, rc);
    crib_unref(first.closed);
    crib_unref(second.closed);
    crib_unref(first.gone);
    crib_unref(second.gone);
    crib_unref(own);
    crib_unref(service);
    return rc;
}

int main(void) { return crib_run(app, NULL) < 0; }
