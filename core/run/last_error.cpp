// What the last run of each thread failed with, for crib_error_current outside runs.
#include <pthread.h>

#include "run/runtime.hpp"

namespace crib {

namespace {

thread_local Error *error __attribute__((tls_model("initial-exec"))) = nullptr;
thread_local Error stand_in __attribute__((tls_model("initial-exec"))) = {
    {Kind::error, {1}, nullptr}, 0, 0, 0, true, false, nullptr, nullptr, nullptr, nullptr, {nullptr, nullptr}, nullptr};
pthread_once_t once = PTHREAD_ONCE_INIT;
pthread_key_t key;

void thread_ends(void *e) { error_unref(static_cast<Error *>(e)); }
void make_key() { pthread_key_create(&key, thread_ends); }

}  // namespace

Error *error_stand_in(int code) {
    stand_in.code = code;
    stand_in.has_cancelled = code == CRIB_ECANCELLED;
    return &stand_in;
}

Error *last_error() { return error; }

void set_last_error(Error *e) {
    pthread_once(&once, make_key);
    error_unref(error);
    error = e;
    pthread_setspecific(key, e);  // only so that it is released with the thread
}

}  // namespace crib
