/* Select: one task serves two channels, an event that tells it to stop and a time without work, and carries out
 * exactly one of them at a time. A clause whose channel has ended is switched off. */
#include <crib.h>
#include <stdio.h>

static crib_event *stop;

struct source {
    crib_sender *tx;
    int64_t first, every_ms;
    int count;
};

static int produce(void *data) {
    struct source *source = data;
    int rc = 0;
    for (int i = 0; i < source->count && rc == 0; i++) {
        rc = crib_sleep(CRIB_MS(source->every_ms));
        if (rc == 0) rc = crib_sender_send(source->tx, crib_value_int(source->first + i));
    }
    return rc;
}

static void source_close(void *data) { crib_unref(((struct source *)data)->tx); }

static int serve(crib_receiver *orders, crib_receiver *news) {
    enum { ORDERS, NEWS, STOP, IDLE, CLAUSES };
    crib_clause clauses[CLAUSES] = {crib_clause_receive(orders), crib_clause_receive(news), crib_clause_event(stop),
                                    crib_clause_deadline(0)};
    for (;;) {
        clauses[IDLE] = crib_clause_deadline(crib_now() + CRIB_MS(50));
        int chosen = crib_select(clauses, CLAUSES, 0);
        if (chosen < 0) return chosen; /* cancelled */
        if (chosen == STOP) return printf("told to stop\n"), 0;
        if (chosen == IDLE) {
            printf("nothing for 50 ms\n");
            crib_event_set(stop);
        } else if (clauses[chosen].status == CRIB_EENDOFCHANNEL) {
            printf("no more %s\n", chosen == ORDERS ? "orders" : "news");
            clauses[chosen].kind = CRIB_CLAUSE_NONE;
        } else {
            long long n = (long long)crib_value_as_int(clauses[chosen].value, 0);
            printf("%s %lld\n", chosen == ORDERS ? "order" : "news", n);
        }
    }
}

static int app(void *unused) {
    (void)unused;
    struct source orders = {NULL, 100, 10, 4}, news = {NULL, 200, 25, 2};
    crib_receiver *order_rx = NULL, *news_rx = NULL;
    stop = crib_event_new();
    int rc = stop == NULL ? crib_fail(-1000001, "no event") : crib_channel_open(0, &orders.tx, &order_rx);
    if (rc == 0) rc = crib_channel_open(0, &news.tx, &news_rx);
    crib_nursery *nursery = crib_nursery_open();
    crib_nursery_start_soon(nursery, "orders", produce, &orders, source_close);
    crib_nursery_start_soon(nursery, "news", produce, &news, source_close);
    if (rc == 0) rc = serve(order_rx, news_rx);
    rc = crib_nursery_close(nursery, rc);
    crib_unref(order_rx);
    crib_unref(news_rx);
    crib_unref(stop);
    return rc;
}

int main(void) { return crib_run(app, NULL) < 0; }
