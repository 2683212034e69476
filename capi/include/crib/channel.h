/* Memory channels: values handed from task to task, in order, each to exactly one receiver.
 *
 * A channel is two ends on one buffer. Ends are counted handles: a clone is a new end, closed or released on its own.
 * When the last sender is closed, receivers get what is buffered and then CRIB_EENDOFCHANNEL; when the last receiver
 * is closed, the buffer is dropped and senders get CRIB_EBROKEN. Operations on one's own closed end give CRIB_ECLOSED.
 * Capacity 0 is a rendezvous: a send completes when a receiver takes the value.
 *
 * Threads: the run's own; crib_unref from any thread. A channel belongs to its runtime, and serves its next run too.
 * crib_channel_open_shared makes one between runs in different threads: the way a program uses several cores. */
#ifndef CRIB_CHANNEL_H
#define CRIB_CHANNEL_H

#include "crib/error.h"
#include "crib/types.h"
#include "crib/value.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef CRIB_CONTRACT_H
#define CRIB_UNBOUNDED SIZE_MAX
#endif

/** Makes a channel that buffers up to `capacity` values; CRIB_UNBOUNDED has no limit.
 * Returns: 0; UV_ENOMEM; UV_EINVAL without `tx` or `rx`; CRIB_EMISUSE outside a run.
 * Owns: the caller owns both ends and releases them with crib_unref.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 86) */
CRIB_API int crib_channel_open(size_t capacity, crib_sender **tx, crib_receiver **rx);

/* What a send does when the buffer is full and no receiver waits. Only the first makes it wait; values that are dropped
 * are counted. */
#define CRIB_OVERFLOW_WAIT        0
#define CRIB_OVERFLOW_DROP_OLDEST 1 /* the oldest buffered value gives way; needs a capacity of at least 1 */
#define CRIB_OVERFLOW_DROP_NEWEST 2 /* the value that is sent is dropped */
#define CRIB_OVERFLOW_LATEST      3 /* as DROP_OLDEST with capacity 1, which the options may leave 0 */

typedef struct crib_channel_options {
    size_t size;      /* sizeof(crib_channel_options), as the caller knows it; all else zero = default */
    size_t capacity;  /* values buffered; CRIB_UNBOUNDED = no limit */
    int32_t overflow; /* CRIB_OVERFLOW_ */
    int32_t shared;   /* 1: between runs in different threads, see crib_channel_open_shared */
} crib_channel_options;

/** As crib_channel_open, with options (NULL = all defaults: a rendezvous).
 * Returns: as crib_channel_open; UV_EINVAL also for options that make no sense: an unknown overflow, DROP_OLDEST without
 * capacity, LATEST with more than 1, shared with an overflow or a capacity that crib_channel_open_shared refuses.
 * Owns: as crib_channel_open.
 * Context: loop thread; any thread for a shared one.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_channel_open_with(const crib_channel_options *options, crib_sender **tx, crib_receiver **rx);

/** Makes a channel between runs in different threads, of 1 to 2^24 values. Its ends work as those of any channel: with
 * every function here, in a task of any run, in select; cloned, closed and released in any thread. An end may be used by
 * several threads, but is best given to one.
 *
 * Only values whose table says CRIB_VALUE_SENDABLE cross; they are dropped in any thread. Values arrive in the order in
 * which they were sent. Who waits longest is woken first, but somebody in another thread may be faster. A run whose tasks
 * wait on one is not reported as deadlocked.
 * Returns: 0; UV_ENOMEM; UV_EINVAL for another capacity, or without `tx` or `rx`.
 * Owns: the caller owns both ends and releases them with crib_unref.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_channel_open_shared(size_t capacity, crib_sender **tx, crib_receiver **rx);

/** Sends a value, waiting for room (capacity 0: for a receiver).
 * Returns: 0 (also if an overflow policy dropped it); CRIB_ECANCELLED, CRIB_EBROKEN, CRIB_ECLOSED, UV_ENOMEM, UV_EINVAL (a
 * value that is not sendable, on a shared channel) and what task.h says of every wait: it was not sent, and is dropped.
 * Owns: consumes `v` in every case.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 (statements 87-89, 91, 92, 95) */
CRIB_API int crib_sender_send(crib_sender *tx, crib_value v);

/** Sends a value if that needs no wait.
 * Returns: 0; CRIB_EWOULDBLOCK, CRIB_EBROKEN, CRIB_ECLOSED, UV_ENOMEM, UV_EINVAL (as crib_sender_send), CRIB_EMISUSE
 * (another run): `*io` is still the caller's.
 * Owns: consumes `*io` if and only if it is nil afterwards.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_sender_send_nowait(crib_sender *tx, crib_value *io);

/** Receives the oldest value, waiting for one.
 * Returns: 0; CRIB_EENDOFCHANNEL; CRIB_ECANCELLED (nothing was taken); CRIB_ECLOSED; what task.h says of every wait.
 * Owns: the caller owns `*out`, nil unless 0 is returned (NULL: the value is dropped).
 * Context: inside a fiber.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 (statements 88-90, 92, 95) */
CRIB_API int crib_receiver_receive(crib_receiver *rx, crib_value *out);

/** Receives the oldest value if there is one.
 * Returns: 0; CRIB_EWOULDBLOCK; CRIB_EENDOFCHANNEL; CRIB_ECLOSED; CRIB_EMISUSE (another run).
 * Owns: the caller owns `*out`.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_receiver_receive_nowait(crib_receiver *rx, crib_value *out);

/** Receives as many values as there are, 1 to `n`, waiting for the first.
 * Returns: how many are in `out`, in order; otherwise as crib_receiver_receive, UV_EINVAL for n = 0.
 * Owns: the caller owns the values.
 * Context: inside a fiber. A stackless task begins a receive, and takes the rest by the call below.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 */
CRIB_API int crib_receiver_receive_batch(crib_receiver *rx, crib_value *out, size_t n);

/** Receives as many values as there are, 1 to `n`.
 * Returns: how many are in `out`; otherwise as crib_receiver_receive_nowait, UV_EINVAL for n = 0.
 * Owns: the caller owns the values.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_receiver_receive_batch_nowait(crib_receiver *rx, crib_value *out, size_t n);

/** One more sending end of the same channel.
 * Returns: the new end; NULL without memory, if `tx` is closed, or of another run.
 * Owns: the caller owns the result.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 93) */
CRIB_API crib_sender *crib_sender_clone(crib_sender *tx);

/** One more receiving end of the same channel.
 * Returns: the new end; NULL without memory, if `rx` is closed, or of another run.
 * Owns: the caller owns the result.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 93) */
CRIB_API crib_receiver *crib_receiver_clone(crib_receiver *rx);

/** Closes a sending end; tasks that wait on it wake with CRIB_ECLOSED. Idempotent.
 * Owns: the handle stays the caller's, to be released.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statements 90, 92, 94) */
CRIB_API void crib_sender_close(crib_sender *tx);

/** Closes a receiving end; tasks that wait on it wake with CRIB_ECLOSED. Idempotent.
 * Owns: the handle stays the caller's, to be released.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statements 91, 92, 94) */
CRIB_API void crib_receiver_close(crib_receiver *rx);

/** Closes a sending end with an error, which receivers see instead of CRIB_EENDOFCHANNEL once all senders are closed and
 * the buffer is empty: its code is returned, and a fiber's innermost block holds the tree, as after crib_fail (ops:
 * crib_op_take_error; a select gets the code alone). Of several errors the first counts, the others are its siblings in a
 * group. An error of code CRIB_ECANCELLED, CRIB_EWOULDBLOCK or CRIB_PENDING, which would say something else of a receive,
 * arrives as the cause of a CRIB_EBROKEN.
 * Returns: 0; UV_EINVAL without an error; CRIB_ECLOSED if the end was closed; CRIB_EMISUSE for NULL, and a channel that is
 * shared or of another run.
 * Owns: consumes `error` in every case; the end stays the caller's, to be released.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_sender_close_error(crib_sender *tx, crib_error *error);

/** The error that a channel was closed with, for calls that give its code alone: the `_nowait` forms and select.
 * Returns: the tree, once all senders are closed; NULL if there is none, for NULL, and for a shared channel.
 * Owns: the caller owns the result.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_error *crib_receiver_error(const crib_receiver *rx);

typedef struct crib_channel_stats {
    size_t size;     /* sizeof(crib_channel_stats), set by the caller; what it has room for is filled in */
    size_t buffered; /* values */
    size_t capacity; /* CRIB_UNBOUNDED = no limit */
    size_t peak;     /* most values ever buffered */
    size_t senders;  /* open ends */
    size_t receivers;
    size_t waiting_senders; /* ops that wait, through all ends */
    size_t waiting_receivers;
    uint64_t dropped; /* values nobody received: by overflow, or left when the last receiver was closed */
} crib_channel_stats;

/** What a channel is doing, asked by either of its ends.
 * Returns: 0; UV_EINVAL without a sane `out->size`; CRIB_EMISUSE for NULL or a channel of another run.
 * Context: loop thread; any thread for a shared one, whose numbers may be old by the time they are read.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (statement 97, D7) */
CRIB_API int crib_sender_statistics(const crib_sender *tx, crib_channel_stats *out);
CRIB_API int crib_receiver_statistics(const crib_receiver *rx, crib_channel_stats *out);

#ifdef __cplusplus
}
#endif
#endif
