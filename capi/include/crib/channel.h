/* Memory channels: values handed from task to task, in order, each to exactly one receiver.
 *
 * A channel is two ends on one buffer. Ends are counted handles: a clone is a new end, closed or released on its own.
 * When the last sender is closed, receivers get what is buffered and then CRIB_EENDOFCHANNEL; when the last receiver
 * is closed, the buffer is dropped and senders get CRIB_EBROKEN. Operations on one's own closed end give CRIB_ECLOSED.
 * Capacity 0 is a rendezvous: a send completes when a receiver takes the value.
 *
 * Threads: the run's own; crib_unref from any thread. A channel belongs to its runtime, and serves its next run too. */
#ifndef CRIB_CHANNEL_H
#define CRIB_CHANNEL_H

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

/** Sends a value, waiting for room (capacity 0: for a receiver).
 * Returns: 0; CRIB_ECANCELLED, CRIB_EBROKEN, CRIB_ECLOSED, UV_ENOMEM and what task.h says of every wait: the value was
 * not sent, and is dropped.
 * Owns: consumes `v` in every case.
 * Context: inside a fiber.
 * Cancel point: always. Schedules: when it waits or the budget is spent.
 * Since: 0.1 (statements 87-89, 91, 92, 95) */
CRIB_API int crib_sender_send(crib_sender *tx, crib_value v);

/** Sends a value if that needs no wait.
 * Returns: 0; CRIB_EWOULDBLOCK, CRIB_EBROKEN, CRIB_ECLOSED, UV_ENOMEM, CRIB_EMISUSE (another run): `*io` is still the
 * caller's.
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

#ifdef __cplusplus
}
#endif
#endif
