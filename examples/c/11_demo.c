/* Demo: two producers and a consumer share a channel, in a nursery with a timeout of five seconds. When time is up
 * all three are cancelled, wherever they wait. `demo --short` produces so little that everybody is done before. */
#include <crib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What travels: `drop`, here free(), releases an item that nobody takes out of the channel. */
struct item {
    int64_t value, made;
};
static const crib_vtable item_type = {sizeof(crib_vtable), free, "item", 0};

struct producer {
    const char *name;
    int count;
    crib_sender *tx;
};

static int produce(void *data) {
    struct producer *self = data;
    int rc = 0;
    for (int i = 1; i <= self->count && rc == 0; i++) {
        struct item *item = malloc(sizeof *item);
        if (item == NULL) return crib_fail(-1000001, "no memory for an item");
        *item = (struct item){i * i, crib_now()};
        rc = crib_sender_send(self->tx, (crib_value){item, &item_type}); /* the item is the channel's from here on */
        if (rc < 0) break;
        printf(" -- %s generated item %d\n", self->name, i);
        rc = crib_sleep(CRIB_MS(500 + rand() % 1000));
    }
    if (rc == CRIB_ECANCELLED) printf(" -- %s is cancelled\n", self->name);
    return rc; /* a cancelled task cleans up and returns the code, that is all */
}

static void producer_ended(void *data) { crib_unref(((struct producer *)data)->tx); }

static int consume(void *rx) {
    crib_value value;
    int rc;
    while ((rc = crib_receiver_receive(rx, &value)) == 0) {
        struct item *item = value.p;
        printf(" +++ Processed value %d after %.2f sec.\n", (int)item->value, (double)(crib_now() - item->made) / 1e9);
        crib_value_drop(value);
        if ((rc = crib_sleep(CRIB_MS(500))) < 0) break;
    }
    if (rc == CRIB_ECANCELLED) printf(" +++ Consumer is cancelled\n");
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc; /* the last producer has gone: nothing went wrong */
}

static int app(void *count) {
    int64_t begun = crib_now();
    crib_sender *tx;
    crib_receiver *rx;
    printf("App started.\n");
    int rc = crib_channel_open(10, &tx, &rx);
    if (rc < 0) return rc;
    struct producer one = {"Prod 1", *(int *)count, tx}; /* they may live here: no task outlives the nursery */
    struct producer two = {"Prod 2", *(int *)count, crib_sender_clone(tx)};
    crib_scope *scope = crib_move_on_after(CRIB_SECONDS(5));
    crib_nursery *nursery = crib_nursery_open();
    crib_nursery_start_soon(nursery, one.name, produce, &one, producer_ended);
    crib_nursery_start_soon(nursery, two.name, produce, &two, producer_ended);
    crib_nursery_start_soon(nursery, "Consumer", consume, rx, crib_unref); /* the task gives up its end for us */
    rc = crib_nursery_close(nursery, 0);                                   /* waits until all three have ended */
    rc = crib_scope_close(scope, rc, NULL); /* takes in the cancellation, and it alone: that was no failure */
    printf("App exiting, total time: %.2f sec.\n", (double)(crib_now() - begun) / 1e9);
    return rc;
}

int main(int argc, char **argv) {
    int count = argc > 1 && strcmp(argv[1], "--short") == 0 ? 2 : 20;
    char text[1024];
    setvbuf(stdout, NULL, _IOLBF, 0); /* show each line when it happens, also through a pipe */
    if (crib_run(app, &count) >= 0) return 0;
    crib_error_format(crib_error_current(), text, sizeof text);
    fprintf(stderr, "demo failed:\n%s\n", text);
    return 1;
}
