/* What the parts in C and in C++ show each other. */
#ifndef PLAYERS_H
#define PLAYERS_H

#include <crib.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One channel, which all players share. */
struct field {
    crib_sender *tx;
    crib_receiver *rx;
};

/* Start coroutines of C++ in a nursery, whoever opened it. */
void start_player_in_cpp(crib_nursery *n, const struct field *field);
void start_clumsy_in_cpp(crib_nursery *n);

/* Prints what an error is in C++. */
void explain_in_cpp(crib_error *borrowed);

#ifdef __cplusplus
}
#endif
#endif
