// A task written in C: squares the numbers that it receives, and sends them on.
#include <crib.h>

struct ends {
    crib_receiver *rx;
    crib_sender *tx;
};

struct ends *ends_new(crib_receiver *rx, crib_sender *tx);
void ends_free(void *ends);
int square_in_c(void *ends);
