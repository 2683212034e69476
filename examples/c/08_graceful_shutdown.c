/* Graceful shutdown: a server takes no new request and stops waiting for one at once, requests being handled may go
 * on, and what is not done after the grace time is cancelled. The server's code asks for this in one place: the wait
 * for the next request is inside a scope that is `graceful`. */
#include <crib.h>
#include <stdio.h>

struct server {
    crib_receiver *requests;
    crib_nursery *handlers;
};

static int handle(void *number) {
    int n = *(int *)number;
    int rc = crib_sleep(CRIB_MS(50 * n)); /* request 1 takes 50 ms, request 2 100 ms, … */
    printf("request %d: %s\n", n, rc == 0 ? "answered" : "cut off");
    return rc;
}

/* One request; the closed form of a scope makes the early returns safe. */
static int next_request(void *data) {
    struct server *server = data;
    static int numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    crib_value request;
    int rc = crib_receiver_receive(server->requests, &request);
    if (rc < 0) return rc;
    int n = (int)crib_value_as_int(request, 0);
    printf("request %d: accepted\n", n);
    return crib_nursery_start_soon(server->handlers, "handler", handle, &numbers[n], NULL);
}

static int serve(void *data) {
    const crib_scope_options graceful = {.size = sizeof graceful, .graceful = 1};
    bool shutting_down = false;
    int rc = 0;
    while (rc == 0 && !shutting_down) rc = crib_scope_run(&graceful, next_request, data, &shutting_down);
    printf("server: %s\n", shutting_down ? "takes no more" : crib_error_name(rc));
    return rc;
}

static int client(void *tx) {
    int rc = 0;
    for (int n = 1; n <= 9 && rc == 0; n += 2) {
        rc = crib_sender_send(tx, crib_value_int(n));
        if (rc == 0) rc = crib_sleep(CRIB_MS(20));
    }
    return rc == CRIB_EBROKEN ? 0 : rc; /* the server has gone */
}

static int app(void *unused) {
    (void)unused;
    struct server server;
    crib_sender *tx;
    bool cut_off;
    int rc = crib_channel_open(0, &tx, &server.requests);
    if (rc < 0) return rc;
    crib_scope *scope = crib_scope_open(NULL); /* the whole service */
    server.handlers = crib_nursery_open();
    crib_nursery_start_soon(server.handlers, "server", serve, &server, NULL);
    crib_nursery_start_soon(server.handlers, "client", client, crib_sender_clone(tx), crib_unref);
    rc = crib_sleep(CRIB_MS(130)); /* until somebody asks it to stop: a signal, a command, … */
    printf("shutting down, 200 ms of grace\n");
    crib_scope_cancel_soft(scope, CRIB_SOFT_DRAIN, CRIB_MS(200), "maintenance");
    rc = crib_nursery_close(server.handlers, rc);
    rc = crib_scope_close(scope, rc, &cut_off);
    crib_unref(server.requests);
    crib_unref(tx); /* until here there could be more clients */
    printf("%s\n", cut_off ? "stopped; some requests were cut off" : "stopped; every request was answered");
    return rc;
}

int main(void) { return crib_run(app, NULL) < 0; }
