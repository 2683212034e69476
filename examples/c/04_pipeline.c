/* Pipeline: each stage is a task that owns its ends of the channels. When a stage has ended its ends are released, so
 * the end runs down the line, and nobody has to say "done". The channels hold four values each: a fast stage waits
 * for a slow one. */
#include <crib.h>
#include <stdio.h>
#include <string.h>

struct stage {
    crib_receiver *in;
    crib_sender *out;
};

/* Runs when a stage has ended, however it ended. */
static void release_ends(void *data) {
    struct stage *stage = data;
    crib_unref(stage->in);
    crib_unref(stage->out);
}

/* What travels is a pointer and what it is. These are literals, so there is nothing to release. */
static const crib_vtable word_type = {sizeof(crib_vtable), NULL, "word", 0};

static int read_words(void *data) {
    static char *const words[] = {"to", "be", "or", "not", "to", "be"};
    struct stage *stage = data;
    int rc = 0;
    for (int i = 0; i < 6 && rc == 0; i++) {
        rc = crib_sleep(CRIB_MS(10));
        if (rc == 0) rc = crib_sender_send(stage->out, (crib_value){words[i], &word_type});
    }
    return rc;
}

static int measure(void *data) {
    struct stage *stage = data;
    crib_value word;
    int rc;
    while ((rc = crib_receiver_receive(stage->in, &word)) == 0) {
        rc = crib_sender_send(stage->out, crib_value_int((int64_t)strlen(word.p)));
        if (rc < 0) return rc;
    }
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}

static int add_up(crib_receiver *in, int64_t *sum) {
    crib_value length;
    int rc;
    while ((rc = crib_receiver_receive(in, &length)) == 0) *sum += crib_value_as_int(length, 0);
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}

static int app(void *unused) {
    (void)unused;
    struct stage reader = {NULL, NULL}, meter = {NULL, NULL};
    crib_receiver *lengths = NULL;
    int64_t letters = 0;
    int rc = crib_channel_open(4, &reader.out, &meter.in);
    if (rc == 0) rc = crib_channel_open(4, &meter.out, &lengths);
    crib_nursery *nursery = crib_nursery_open();
    /* If a channel could not be made, rc cancels the stages before they begin; they release what there is. */
    crib_nursery_start_soon(nursery, "read", read_words, &reader, release_ends);
    crib_nursery_start_soon(nursery, "measure", measure, &meter, release_ends);
    if (rc == 0) rc = add_up(lengths, &letters);
    rc = crib_nursery_close(nursery, rc);
    crib_unref(lengths);
    printf("%lld letters\n", (long long)letters);
    return rc;
}

int main(void) { return crib_run(app, NULL) < 0; }
