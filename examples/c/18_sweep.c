/* Sweep: the same body again and again, cancelled at its first cancel point, then at its second…, and with its first
 * allocation failing, then its second… What is only wrong when something comes in between is found before it happens.
 * */
#include <crib.h>
#include <stdio.h>

/* Takes a job from a channel, works on it for a while, and passes it on. */
struct stage {
    crib_receiver *in;
    crib_sender *out;
    bool careful;
};

static int passes_on(struct stage *s) {
    crib_value job;
    int rc = crib_receiver_receive(s->in, &job);
    if (rc < 0) return rc;
    rc = crib_sleep(CRIB_MS(5)); /* the work */
    if (rc < 0) {
        if (s->careful) crib_value_drop(job); /* a job in hand is ours to release; this is what the other one forgets */
        return rc;
    }
    return crib_sender_send(s->out, job);
}

/* A body makes what it needs and releases all of it, whatever happens in between. */
static int body(void *careful) {
    struct stage s = {.careful = careful != NULL};
    crib_sender *first;
    crib_receiver *last;
    int rc = crib_channel_open(1, &first, &s.in);
    if (rc < 0) return rc;
    rc = crib_channel_open(1, &s.out, &last);
    if (rc == 0) {
        rc = crib_sender_send(first, crib_sweep_value(7)); /* a value that the sweep follows */
        if (rc == 0) rc = passes_on(&s);
        crib_unref(s.out);
        crib_unref(last);
    }
    crib_unref(first);
    crib_unref(s.in);
    return rc;
}

static void sweep(const char *name, void *careful) {
    crib_sweep what = {.size = sizeof what, .body = body, .user_data = careful};
    crib_sweep_report report = {.size = sizeof report};
    int rc = crib_sweep_cancels(&what, &report);
    if (rc == 0) rc = crib_sweep_allocations(&what, &report);
    const char *when = report.when == CRIB_SWEEP_AT ? "at" : report.when == CRIB_SWEEP_AFTER ? "after" : "long after";
    if (rc == 0)
        printf("%s: holds\n", name);
    else
        printf("%s: cancelled %s cancel point %d: %s\n", name, when, (int)report.at, report.message);
}

int main(void) {
    int yes = 1;
    sweep("careful", &yes);
    sweep("careless", NULL);
    return 0;
}
