#include <crib.h>

int body_sum(void *receiver);
int body_sleep(void *unused);
int body_fail(void *unused);
int body_send_text(void *sender);
int body_seven(void *unused);
void body_destroyed(void *counter);
