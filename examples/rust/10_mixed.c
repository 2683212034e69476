/* The C side of 10_mixed.rs: a fiber, with blocking calls, in a nursery that Rust has opened. */
#include <crib.h>

struct squarer {
    crib_receiver *numbers; /* from Rust */
    crib_sender *squares;   /* to Rust */
};

int squarer_body(void *data) {
    struct squarer *self = data;
    crib_value v;
    int rc;
    while ((rc = crib_receiver_receive(self->numbers, &v)) == 0) {
        int64_t n = crib_value_as_int(v, 0);
        if ((rc = crib_sleep(CRIB_MS(10))) < 0) return rc;
        if ((rc = crib_sender_send(self->squares, crib_value_int(n * n))) < 0) return rc;
    }
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}
