#include "bodies.h"

int body_sum(void *receiver) {
    crib_value v;
    int sum = 0, rc;
    while ((rc = crib_receiver_receive(receiver, &v)) == 0) sum += (int)crib_value_as_int(v, -1000);
    return rc == CRIB_EENDOFCHANNEL ? sum : rc;
}

int body_sleep(void *unused) {
    (void)unused;
    return crib_sleep(CRIB_FOREVER);
}

int body_fail(void *unused) {
    (void)unused;
    return crib_fail(-1000007, "no such thing");
}

static const crib_vtable text_vtable = {sizeof(crib_vtable), NULL, "text", 0};

int body_send_text(void *sender) {
    const crib_value v = {"text", &text_vtable};
    return crib_sender_send(sender, v);
}

int body_seven(void *unused) {
    (void)unused;
    const int rc = crib_sleep(CRIB_SECONDS(1));
    return rc < 0 ? rc : 7;
}

void body_destroyed(void *counter) { ++*(int *)counter; }
