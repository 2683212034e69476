/* A pipeline: three stages, joined by channels. Each stage owns the ends it uses; when the first one has no more to say it
 * releases its end, the next sees the end of the channel, and so the stages end one after another. The channels hold two
 * values each, so a fast stage waits for a slow one (backpressure). */
#include <crib.h>
#include <stdio.h>

/* The ends of one stage. Each stage has its own; they are released when the stage has ended. */
struct stage {
    crib_receiver *in;
    crib_sender *out;
};

static void stage_close(void *data) {
    struct stage *stage = data;
    crib_unref(stage->in);
    crib_unref(stage->out);
}

static int numbers(void *data) {
    struct stage *stage = data;
    int rc = 0;
    for (int n = 1; n <= 6 && rc == 0; n++) {
        printf("number %d\n", n);
        rc = crib_sender_send(stage->out, crib_value_int(n));
    }
    return rc;
}

static int squares(void *data) {
    struct stage *stage = data;
    crib_value v;
    int rc;
    while ((rc = crib_receiver_receive(stage->in, &v)) == 0) {
        int64_t n = crib_value_as_int(v, 0);
        if ((rc = crib_sender_send(stage->out, crib_value_int(n * n))) < 0) return rc;
    }
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}

static int printer(void *data) {
    struct stage *stage = data;
    crib_value v;
    int rc;
    while ((rc = crib_receiver_receive(stage->in, &v)) == 0) {
        printf("  square %lld\n", (long long)crib_value_as_int(v, 0));
        if ((rc = crib_sleep(CRIB_MS(5))) < 0) return rc; /* the slow one */
    }
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}

static int app(void *unused) {
    (void)unused;
    struct stage first = {NULL, NULL}, second = {NULL, NULL}, third = {NULL, NULL};
    int rc = crib_channel_open(2, &first.out, &second.in);
    if (rc == 0) rc = crib_channel_open(2, &second.out, &third.in);
    crib_nursery *nursery = crib_nursery_open();
    /* If a channel could not be made, rc cancels the stages before they begin; they release what there is. */
    crib_nursery_start_soon(nursery, "numbers", numbers, &first, stage_close);
    crib_nursery_start_soon(nursery, "squares", squares, &second, stage_close);
    crib_nursery_start_soon(nursery, "printer", printer, &third, stage_close);
    rc = crib_nursery_close(nursery, rc);
    printf("done\n");
    return rc;
}

int main(void) { return crib_run(app, NULL) < 0; }
