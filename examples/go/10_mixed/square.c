#include "square.h"

#include <stdlib.h>

struct ends *ends_new(crib_receiver *rx, crib_sender *tx) {
    struct ends *ends = malloc(sizeof *ends);
    if (ends != NULL) *ends = (struct ends){rx, tx};
    return ends;
}

void ends_free(void *ends) { free(ends); }

int square_in_c(void *user_data) {
    struct ends *ends = user_data;
    crib_value v;
    int rc;
    while ((rc = crib_receiver_receive(ends->rx, &v)) == 0) {
        const int64_t n = crib_value_as_int(v, 0);
        if ((rc = crib_sender_send(ends->tx, crib_value_int(n * n))) < 0) return rc;
    }
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}
