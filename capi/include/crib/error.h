/* Errors are objects; the int is sugar.
 *
 * A function returns 0 or a count on success and a negative code on failure: libuv's UV_E* codes pass through, ours
 * start at -20001 and are never reused, an application's own go below -1,000,000. What an int cannot carry (which
 * task, what message, the other children that failed too) travels in a crib_error: a counted, immutable tree.
 *
 * In a fiber each open block (body, scope, nursery) has one held error: a nursery's close, crib_fail and a nested
 * close put their tree into the held error of the enclosing block; a second one joins the first. A plain failing
 * operation never touches it, and plain codes allocate nothing. Closing a block with rc >= 0 means "handled" and
 * releases what the block held; with rc < 0 the held tree goes on if it has that code, and otherwise becomes the
 * cause of a new leaf `rc`.
 *
 * The code of a tree is that of its first leaf that is not Cancelled, else CRIB_ECANCELLED. A tree with several
 * members is a group: its children are what was recorded, in order; groups that would nest deeper than 60 levels are
 * joined with the group around them. When memory runs out while an error is being recorded, a static error of code
 * UV_ENOMEM takes its place: a failure is never lost, only its detail. */
#ifndef CRIB_ERROR_H
#define CRIB_ERROR_H

#include "crib/types.h"
#include "crib/value.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CRIB_ECANCELLED        (-20001) /* an enclosing scope is cancelled; the call did nothing */
#define CRIB_PENDING           (-20002) /* begin_*: not an error; the op completes later */
#define CRIB_ENOTFIBER         (-20003) /* a blocking call in a stackless task; nothing was started */
#define CRIB_EMISUSE           (-20004) /* wrong order, thread, runtime or handle; the message says which */
#define CRIB_EWOULDBLOCK       (-20005) /* a _nowait call would have to wait */
#define CRIB_EENDOFCHANNEL     (-20006) /* every sender is closed and the buffer is empty */
#define CRIB_EBROKEN           (-20007) /* the other side is gone */
#define CRIB_ECLOSED           (-20008) /* this handle, nursery or run takes no more */
#define CRIB_EBUSY             (-20009) /* the op or resource is in use */
#define CRIB_ETOOSLOW          (-20010) /* the scope's own deadline passed */
#define CRIB_EOPCANCELLED      (-20011) /* a cancel token fired */
#define CRIB_EDEADLOCK         (-20012) /* every task waits and nothing can wake one */
#define CRIB_EINTERRUPTED      (-20013) /* SIGINT ended the run */
#define CRIB_ERUNFINISHED      (-20014) /* the run is over */
#define CRIB_EFOREIGN          (-20015) /* an error of another language travels as the payload */
#define CRIB_ENOTSTARTED       (-20016) /* the child ended without calling started */
#define CRIB_ENURSERYCANCELLED (-20017) /* the nursery the child was meant for was cancelled */

/** The symbolic name of a code: "CRIB_ECANCELLED", "UV_ECONNRESET"; "0" for every code >= 0.
 * Returns: a static string; "UNKNOWN" for a code of neither library.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API const char *crib_error_name(int code);

/** What a code means, in a few words.
 * Returns: a static string.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API const char *crib_error_text(int code);

/** Fails with a message: puts an error into what the innermost open block holds, so `return crib_fail(code, "…")`.
 * Returns: `code`; in a fiber a code >= 0 is recorded and returned as CRIB_EMISUSE, CRIB_ECANCELLED likewise (it cannot
 * be forged).
 * Owns: copies `message`; NULL means the code's text.
 * Context: inside a fiber; elsewhere nothing is recorded and `code` is returned.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_fail(int code, const char *message);

/** Puts an error into what the innermost open block holds; the general form of crib_fail.
 * Returns: the error's code; 0 for NULL.
 * Owns: consumes `error`.
 * Context: inside a fiber; elsewhere the error is released.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_fail_error(crib_error *error);

/** What the innermost open block of the calling fiber holds; outside a run, the tree of this thread's last run.
 * Returns: a borrowed error, valid until the block closes or the thread's next run ends; NULL if there is none, in
 * stackless tasks, in callbacks of a run and between its ticks.
 * Owns: nothing; crib_error_ref keeps it.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_error *crib_error_current(void);

/** Takes what the innermost open block of the calling fiber holds out of it: the error is handled, or goes on in another
 * form. A task that goes on for long inside one block keeps nothing of what it has dealt with.
 * Returns: the error; NULL if the block holds none, and outside fibers.
 * Owns: the caller owns the result.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_error *crib_error_take(void);

/** Makes an error.
 * Returns: a new error; without memory a static one of code UV_ENOMEM; NULL for a code >= 0. CRIB_ECANCELLED becomes
 * CRIB_EMISUSE.
 * Owns: the caller owns the result; copies `message` (NULL: none).
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_error *crib_error_new(int code, const char *message);

/** Makes an error that carries a value, such as the exception object of another language.
 * Returns: as crib_error_new.
 * Owns: the caller owns the result; `payload` is consumed in every case, and dropped if no error was made for it.
 * Context: any thread; if the payload is not sendable, the last reference must go on the loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_error *crib_error_new_payload(int code, const char *message, crib_value payload);

/** The Cancelled error of a scope that is effectively cancelled, to be passed to closing calls.
 * Returns: a new error of code CRIB_ECANCELLED with the scope's source and reason in its message; NULL if cancel points
 * in `scope` go on, for a stale handle and outside a run.
 * Owns: the caller owns the result.
 * Context: loop thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (D14) */
CRIB_API crib_error *crib_error_cancelled(crib_scope *scope);

/** Makes a group of errors.
 * Returns: the group; NULL if there is no error in the list; without memory one of the errors, not Cancelled if any is
 * not.
 * Owns: consumes all `errors` (NULL entries are skipped), not the list; copies `message`; the caller owns the result.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_error *crib_error_group(const char *message, crib_error **errors, size_t count);

/** Takes one more reference.
 * Returns: `error`; NULL for NULL.
 * Owns: the caller owns the new reference; crib_unref gives it up.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_error *crib_error_ref(crib_error *error);

/** The code of a tree: that of its first leaf that is not Cancelled, else CRIB_ECANCELLED.
 * Returns: < 0; 0 for NULL.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API int crib_error_code(const crib_error *error);

/** The message given when the error was made; of a Cancelled error, who cancelled and why.
 * Returns: borrowed; never NULL: the code's text if there was none.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API const char *crib_error_message(const crib_error *error);

/** The name of the task the error came from.
 * Returns: borrowed; NULL if unknown.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API const char *crib_error_task_name(const crib_error *error);

/** The error that was being handled when this one arose: what a block held when it was closed with another code.
 * Returns: borrowed from `error`; NULL if there is none.
 * Owns: nothing.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 (D10) */
CRIB_API crib_error *crib_error_cause(const crib_error *error);

/** The value an error carries.
 * Returns: borrowed from `error`; nil if there is none.
 * Owns: nothing: do not drop it.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_value crib_error_payload(const crib_error *error);

/** How many members a group has.
 * Returns: 0 for a leaf and for NULL.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API size_t crib_error_count(const crib_error *error);

/** Member `i` of a group, in the order of recording (statement 65).
 * Returns: borrowed from `error`; NULL when out of range.
 * Owns: nothing.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_error *crib_error_child(const crib_error *error, size_t i);

/** Finds the first leaf with a code, depth first, in causes too.
 * Returns: borrowed from `error`; NULL if there is none.
 * Owns: nothing.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API crib_error *crib_error_find(crib_error *error, int code);

/** Writes the tree as indented lines of text, one an error, with code, task, message and causes.
 * Returns: the length without the final NUL, as snprintf: what was cut is counted, `buf` may be NULL; 0 for NULL.
 * Context: any thread.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API size_t crib_error_format(const crib_error *error, char *buf, size_t len);

/* Where the messages of CRIB_EMISUSE, deadlock reports and the like go. */
typedef void (*crib_diagnostic_fn)(int code, const char *message, void *user_data);

/** Sets who gets the library's messages, instead of standard error (where misuse is printed when the environment
 * has CRIB_DEBUG, and deadlock reports always). Process-wide; NULL restores the default.
 * Owns: `user_data` stays the caller's.
 * Context: any thread, while no run is active.
 * Cancel point: never. Schedules: never.
 * Since: 0.1 */
CRIB_API void crib_set_diagnostics(crib_diagnostic_fn fn, void *user_data);

#ifdef __cplusplus
}
#endif
#endif
