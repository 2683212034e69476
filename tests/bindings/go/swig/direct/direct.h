// The calls that need more than one of the library, or give more than a number.
#include <crib.h>

typedef struct {
    crib_sender *tx;
    crib_receiver *rx;
} ends;

typedef struct {
    int64_t number;
    int status;
} received;

static inline ends open_channel(void) {
    static crib_runtime *rt;
    ends e = {NULL, NULL};
    crib_task *main_task;
    if (rt == NULL) {
        rt = crib_runtime_new(NULL);
        (void)crib_runtime_start_stackless(rt, "main", NULL, 0, NULL, &main_task);
    }
    (void)crib_channel_open(1, &e.tx, &e.rx);
    return e;
}

static inline int send_number(crib_sender *tx, int64_t number) {
    crib_value v = crib_value_int(number);
    return crib_sender_send_nowait(tx, &v);
}

static inline received receive_number(crib_receiver *rx) {
    crib_value v;
    received r = {0, crib_receiver_receive_nowait(rx, &v)};
    if (r.status == 0) r.number = crib_value_as_int(v, 0);
    return r;
}
