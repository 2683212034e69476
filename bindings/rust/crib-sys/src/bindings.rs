// Made from the public headers by tests/checks/rust_bindings.py --write.

pub const CRIB_VALUE_SENDABLE: i32 = 1;
pub const CRIB_VALUE_DROP_RECORD: i32 = 2;
pub const CRIB_ECANCELLED: i32 = -20001;
pub const CRIB_PENDING: i32 = -20002;
pub const CRIB_ENOTFIBER: i32 = -20003;
pub const CRIB_EMISUSE: i32 = -20004;
pub const CRIB_EWOULDBLOCK: i32 = -20005;
pub const CRIB_EENDOFCHANNEL: i32 = -20006;
pub const CRIB_EBROKEN: i32 = -20007;
pub const CRIB_ECLOSED: i32 = -20008;
pub const CRIB_EBUSY: i32 = -20009;
pub const CRIB_ETOOSLOW: i32 = -20010;
pub const CRIB_EOPCANCELLED: i32 = -20011;
pub const CRIB_EDEADLOCK: i32 = -20012;
pub const CRIB_EINTERRUPTED: i32 = -20013;
pub const CRIB_ERUNFINISHED: i32 = -20014;
pub const CRIB_EFOREIGN: i32 = -20015;
pub const CRIB_ENOTSTARTED: i32 = -20016;
pub const CRIB_ENURSERYCANCELLED: i32 = -20017;
pub const CRIB_OVERFLOW_WAIT: i32 = 0;
pub const CRIB_OVERFLOW_DROP_OLDEST: i32 = 1;
pub const CRIB_OVERFLOW_DROP_NEWEST: i32 = 2;
pub const CRIB_OVERFLOW_LATEST: i32 = 3;
pub const CRIB_POLICY_ALL: i32 = 0;
pub const CRIB_POLICY_FIRST_DONE: i32 = 1;
pub const CRIB_POLICY_FIRST_SUCCESS: i32 = 2;
pub const CRIB_POLICY_SUPERVISE: i32 = 3;
pub const CRIB_TASK_NEW: i32 = 0;
pub const CRIB_TASK_READY: i32 = 1;
pub const CRIB_TASK_RUNNING: i32 = 2;
pub const CRIB_TASK_WAITING: i32 = 3;
pub const CRIB_TASK_ENDED: i32 = 4;
pub const CRIB_READY_RESUME: i32 = 1;
pub const CRIB_READY_SCOPE_CANCELLED: i32 = 2;
pub const CRIB_READY_DROP: i32 = 3;
pub const CRIB_POLL_NOWAIT: i32 = 1;
pub const CRIB_SOFT_DRAIN: i32 = 0;
pub const CRIB_SOFT_INTERRUPT: i32 = 1;
pub const CRIB_SOURCE_NONE: i32 = 0;
pub const CRIB_SOURCE_EXPLICIT: i32 = 1;
pub const CRIB_SOURCE_DEADLINE: i32 = 2;
pub const CRIB_SOURCE_NURSERY: i32 = 3;
pub const CRIB_SOURCE_INTERRUPT: i32 = 4;
pub const CRIB_SOURCE_SHUTDOWN: i32 = 5;
pub const CRIB_SOURCE_DEADLOCK: i32 = 6;
pub const CRIB_SOURCE_MISUSE: i32 = 7;
pub const CRIB_SOURCE_LINK: i32 = 8;
pub const CRIB_SCOPE_OPEN: i32 = 0;
pub const CRIB_SCOPE_SOFT: i32 = 1;
pub const CRIB_SCOPE_CANCELLED: i32 = 2;
pub const CRIB_SCOPE_CLOSED: i32 = 3;
pub const CRIB_CLAUSE_NONE: i32 = 0;
pub const CRIB_CLAUSE_RECEIVE: i32 = 1;
pub const CRIB_CLAUSE_SEND: i32 = 2;
pub const CRIB_CLAUSE_LOCK: i32 = 3;
pub const CRIB_CLAUSE_SEMAPHORE: i32 = 4;
pub const CRIB_CLAUSE_EVENT: i32 = 5;
pub const CRIB_CLAUSE_TOKEN: i32 = 6;
pub const CRIB_CLAUSE_TASK: i32 = 7;
pub const CRIB_CLAUSE_DEADLINE: i32 = 8;
pub const CRIB_SELECT_IN_ORDER: i32 = 1;
pub const CRIB_SELECT_MOST: i32 = 64;
pub const CRIB_SWEEP_AT: i32 = 1;
pub const CRIB_SWEEP_AFTER: i32 = 2;
pub const CRIB_SWEEP_BLOCKED: i32 = 4;
pub const CRIB_SWEEP_ALONE: i32 = 8;
pub const CRIB_SWEEP_ONWARD: i32 = 16;
pub const CRIB_SWEEP_ALL: i32 = 31;
#[repr(C)]
#[derive(Debug)]
pub struct crib_runtime {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug)]
pub struct crib_task {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug)]
pub struct crib_op {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug)]
pub struct crib_scope {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug)]
pub struct crib_nursery {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug)]
pub struct crib_error {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug)]
pub struct crib_sender {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug)]
pub struct crib_receiver {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug)]
pub struct crib_portal {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug)]
pub struct crib_event {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug)]
pub struct crib_lock {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug)]
pub struct crib_semaphore {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug)]
pub struct crib_condition {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug)]
pub struct crib_limiter {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug)]
pub struct crib_token {
    _unused: [u8; 0],
}
pub type crib_body_fn = ::core::option::Option<
    unsafe extern "C" fn(user_data: *mut ::core::ffi::c_void) -> ::core::ffi::c_int,
>;
pub type crib_destroy_fn = ::core::option::Option<
    unsafe extern "C" fn(user_data: *mut ::core::ffi::c_void),
>;
pub type crib_resume_fn = ::core::option::Option<
    unsafe extern "C" fn(self_: *mut crib_task, data: usize),
>;
pub type crib_call_fn = ::core::option::Option<
    unsafe extern "C" fn(user_data: *mut ::core::ffi::c_void),
>;
#[repr(C)]
#[derive(Debug)]
pub struct crib_expectation {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug)]
pub struct crib_barrier {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug)]
pub struct crib_rwlock {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug)]
pub struct crib_local {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_barrier_stats {
    pub size: usize,
    pub waiting: usize,
    pub rounds: u64,
    pub parties: u32,
    pub reserved: u32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_vtable {
    pub size: usize,
    pub drop: ::core::option::Option<unsafe extern "C" fn(p: *mut ::core::ffi::c_void)>,
    pub kind: *const ::core::ffi::c_char,
    pub flags: u32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_value {
    pub p: *mut ::core::ffi::c_void,
    pub vt: *const crib_vtable,
}
pub type crib_diagnostic_fn = ::core::option::Option<
    unsafe extern "C" fn(
        code: ::core::ffi::c_int,
        message: *const ::core::ffi::c_char,
        user_data: *mut ::core::ffi::c_void,
    ),
>;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_channel_options {
    pub size: usize,
    pub capacity: usize,
    pub overflow: i32,
    pub shared: i32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_channel_stats {
    pub size: usize,
    pub buffered: usize,
    pub capacity: usize,
    pub peak: usize,
    pub senders: usize,
    pub receivers: usize,
    pub waiting_senders: usize,
    pub waiting_receivers: usize,
    pub dropped: u64,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_nursery_options {
    pub size: usize,
    pub parent: *mut crib_scope,
    pub policy: i32,
    pub max_children: u32,
    pub stack_bytes: usize,
    pub drain: i32,
    pub service: i32,
    pub on_failure: ::core::option::Option<
        unsafe extern "C" fn(
            task: *mut crib_task,
            error: *mut crib_error,
            user_data: *mut ::core::ffi::c_void,
        ),
    >,
    pub user_data: *mut ::core::ffi::c_void,
    pub grace: i64,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_work {
    pub name: *const ::core::ffi::c_char,
    pub body: crib_body_fn,
    pub user_data: *mut ::core::ffi::c_void,
    pub destroy: crib_destroy_fn,
}
pub type crib_map_fn = ::core::option::Option<
    unsafe extern "C" fn(
        index: usize,
        user_data: *mut ::core::ffi::c_void,
    ) -> ::core::ffi::c_int,
>;
#[repr(C)]
#[derive(Debug)]
pub struct crib_completed {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_retry_options {
    pub size: usize,
    pub attempts: u32,
    pub jitter: u32,
    pub delay: i64,
    pub most_delay: i64,
    pub factor: f64,
    pub retries: ::core::option::Option<
        unsafe extern "C" fn(
            code: ::core::ffi::c_int,
            user_data: *mut ::core::ffi::c_void,
        ) -> bool,
    >,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_ticker {
    pub period: i64,
    pub next: i64,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_condition_stats {
    pub size: usize,
    pub waiting: usize,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_event_stats {
    pub size: usize,
    pub waiting: usize,
    pub is_set: i32,
    pub reserved: i32,
}
pub type crib_abort_fn = ::core::option::Option<
    unsafe extern "C" fn(op: *mut crib_op, user_data: *mut ::core::ffi::c_void) -> bool,
>;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_result {
    pub status: i32,
    pub flags: u32,
    pub value: crib_value,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_runtime_options {
    pub size: usize,
    pub seed: u64,
    pub stack_bytes: usize,
    pub budget: u32,
    pub strict: i32,
    pub interrupt: i32,
    pub mock_clock: i32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_ready {
    pub data: u64,
    pub op_id: u64,
    pub value: u64,
    pub vtable: u64,
    pub status: i32,
    pub kind: u32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_allocator {
    pub size: usize,
    pub alloc: ::core::option::Option<
        unsafe extern "C" fn(
            bytes: usize,
            user_data: *mut ::core::ffi::c_void,
        ) -> *mut ::core::ffi::c_void,
    >,
    pub resize: ::core::option::Option<
        unsafe extern "C" fn(
            p: *mut ::core::ffi::c_void,
            bytes: usize,
            user_data: *mut ::core::ffi::c_void,
        ) -> *mut ::core::ffi::c_void,
    >,
    pub free: ::core::option::Option<
        unsafe extern "C" fn(
            p: *mut ::core::ffi::c_void,
            user_data: *mut ::core::ffi::c_void,
        ),
    >,
    pub user_data: *mut ::core::ffi::c_void,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_statistics {
    pub size: usize,
    pub tasks_living: u64,
    pub tasks_ready: u64,
    pub tasks_spawned: u64,
    pub switches: u64,
    pub polls: u64,
    pub next_deadline: i64,
    pub stacks_live: u64,
    pub stacks_free: u64,
    pub stack_bytes: u64,
    pub task_bytes: u64,
}
pub type crib_done_fn = ::core::option::Option<
    unsafe extern "C" fn(result: ::core::ffi::c_int, user_data: *mut ::core::ffi::c_void),
>;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_limiter_stats {
    pub size: usize,
    pub waiting: usize,
    pub borrowed: usize,
    pub total: f64,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_lock_stats {
    pub size: usize,
    pub waiting: usize,
    pub owner: *mut crib_task,
    pub broken: i32,
    pub reserved: i32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_rwlock_stats {
    pub size: usize,
    pub readers: usize,
    pub waiting_readers: usize,
    pub waiting_writers: usize,
    pub writer: *mut crib_task,
    pub broken: i32,
    pub reserved: i32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_scope_options {
    pub size: usize,
    pub parent: *mut crib_scope,
    pub deadline: i64,
    pub timeout: i64,
    pub grace: i64,
    pub shield: i32,
    pub graceful: i32,
    pub fail: i32,
    pub reserved: i32,
}
pub type crib_cancel_fn = ::core::option::Option<
    unsafe extern "C" fn(user_data: *mut ::core::ffi::c_void),
>;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_clause {
    pub kind: i32,
    pub status: i32,
    pub object: *mut ::core::ffi::c_void,
    pub time: i64,
    pub value: crib_value,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_semaphore_stats {
    pub size: usize,
    pub waiting: usize,
    pub value: u32,
    pub max: u32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_sweep {
    pub size: usize,
    pub body: crib_body_fn,
    pub user_data: *mut ::core::ffi::c_void,
    pub check: ::core::option::Option<
        unsafe extern "C" fn(user_data: *mut ::core::ffi::c_void) -> ::core::ffi::c_int,
    >,
    pub when: u32,
    pub most: u32,
    pub seed: u64,
    pub wants_error: i32,
    pub step: u32,
    pub budget: u32,
    pub reserved: i32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct crib_sweep_report {
    pub size: usize,
    pub rounds: u64,
    pub disturbed: u64,
    pub round: u64,
    pub at: u64,
    pub when: u32,
    pub code: i32,
    pub message: [::core::ffi::c_char; 200usize],
}
#[repr(C)]
#[derive(Debug)]
pub struct uv_loop_s {
    _unused: [u8; 0],
}
unsafe extern "C" {
    pub fn crib_unref(handle: *mut ::core::ffi::c_void);
    pub fn crib_barrier_new(parties: u32) -> *mut crib_barrier;
    pub fn crib_barrier_wait(b: *mut crib_barrier) -> ::core::ffi::c_int;
    pub fn crib_begin_barrier_wait(
        op: *mut crib_op,
        b: *mut crib_barrier,
    ) -> ::core::ffi::c_int;
    pub fn crib_barrier_statistics(
        b: *const crib_barrier,
        out: *mut crib_barrier_stats,
    ) -> ::core::ffi::c_int;
    pub fn crib_value_int(v: i64) -> crib_value;
    pub fn crib_value_as_int(v: crib_value, if_not: i64) -> i64;
    pub fn crib_value_drop(v: crib_value);
    pub fn crib_error_name(code: ::core::ffi::c_int) -> *const ::core::ffi::c_char;
    pub fn crib_error_text(code: ::core::ffi::c_int) -> *const ::core::ffi::c_char;
    pub fn crib_fail(
        code: ::core::ffi::c_int,
        message: *const ::core::ffi::c_char,
    ) -> ::core::ffi::c_int;
    pub fn crib_fail_error(error: *mut crib_error) -> ::core::ffi::c_int;
    pub fn crib_error_current() -> *mut crib_error;
    pub fn crib_error_take() -> *mut crib_error;
    pub fn crib_error_new(
        code: ::core::ffi::c_int,
        message: *const ::core::ffi::c_char,
    ) -> *mut crib_error;
    pub fn crib_error_new_payload(
        code: ::core::ffi::c_int,
        message: *const ::core::ffi::c_char,
        payload: crib_value,
    ) -> *mut crib_error;
    pub fn crib_error_cancelled(scope: *mut crib_scope) -> *mut crib_error;
    pub fn crib_error_group(
        message: *const ::core::ffi::c_char,
        errors: *mut *mut crib_error,
        count: usize,
    ) -> *mut crib_error;
    pub fn crib_error_ref(error: *mut crib_error) -> *mut crib_error;
    pub fn crib_error_code(error: *const crib_error) -> ::core::ffi::c_int;
    pub fn crib_error_message(error: *const crib_error) -> *const ::core::ffi::c_char;
    pub fn crib_error_task_name(error: *const crib_error) -> *const ::core::ffi::c_char;
    pub fn crib_error_cause(error: *const crib_error) -> *mut crib_error;
    pub fn crib_error_payload(error: *const crib_error) -> crib_value;
    pub fn crib_error_count(error: *const crib_error) -> usize;
    pub fn crib_error_child(error: *const crib_error, i: usize) -> *mut crib_error;
    pub fn crib_error_find(
        error: *mut crib_error,
        code: ::core::ffi::c_int,
    ) -> *mut crib_error;
    pub fn crib_error_format(
        error: *const crib_error,
        buf: *mut ::core::ffi::c_char,
        len: usize,
    ) -> usize;
    pub fn crib_set_diagnostics(
        fn_: crib_diagnostic_fn,
        user_data: *mut ::core::ffi::c_void,
    );
    pub fn crib_channel_open(
        capacity: usize,
        tx: *mut *mut crib_sender,
        rx: *mut *mut crib_receiver,
    ) -> ::core::ffi::c_int;
    pub fn crib_channel_open_with(
        options: *const crib_channel_options,
        tx: *mut *mut crib_sender,
        rx: *mut *mut crib_receiver,
    ) -> ::core::ffi::c_int;
    pub fn crib_channel_open_shared(
        capacity: usize,
        tx: *mut *mut crib_sender,
        rx: *mut *mut crib_receiver,
    ) -> ::core::ffi::c_int;
    pub fn crib_sender_send(tx: *mut crib_sender, v: crib_value) -> ::core::ffi::c_int;
    pub fn crib_sender_send_nowait(
        tx: *mut crib_sender,
        io: *mut crib_value,
    ) -> ::core::ffi::c_int;
    pub fn crib_receiver_receive(
        rx: *mut crib_receiver,
        out: *mut crib_value,
    ) -> ::core::ffi::c_int;
    pub fn crib_receiver_receive_nowait(
        rx: *mut crib_receiver,
        out: *mut crib_value,
    ) -> ::core::ffi::c_int;
    pub fn crib_receiver_receive_batch(
        rx: *mut crib_receiver,
        out: *mut crib_value,
        n: usize,
    ) -> ::core::ffi::c_int;
    pub fn crib_receiver_receive_batch_nowait(
        rx: *mut crib_receiver,
        out: *mut crib_value,
        n: usize,
    ) -> ::core::ffi::c_int;
    pub fn crib_sender_clone(tx: *mut crib_sender) -> *mut crib_sender;
    pub fn crib_receiver_clone(rx: *mut crib_receiver) -> *mut crib_receiver;
    pub fn crib_sender_close(tx: *mut crib_sender);
    pub fn crib_receiver_close(rx: *mut crib_receiver);
    pub fn crib_sender_close_error(
        tx: *mut crib_sender,
        error: *mut crib_error,
    ) -> ::core::ffi::c_int;
    pub fn crib_receiver_error(rx: *const crib_receiver) -> *mut crib_error;
    pub fn crib_sender_statistics(
        tx: *const crib_sender,
        out: *mut crib_channel_stats,
    ) -> ::core::ffi::c_int;
    pub fn crib_receiver_statistics(
        rx: *const crib_receiver,
        out: *mut crib_channel_stats,
    ) -> ::core::ffi::c_int;
    pub fn crib_nursery_open() -> *mut crib_nursery;
    pub fn crib_nursery_open_with(
        options: *const crib_nursery_options,
    ) -> *mut crib_nursery;
    pub fn crib_nursery_start_soon(
        n: *mut crib_nursery,
        name: *const ::core::ffi::c_char,
        body: crib_body_fn,
        user_data: *mut ::core::ffi::c_void,
        destroy: crib_destroy_fn,
    ) -> ::core::ffi::c_int;
    pub fn crib_nursery_spawn(
        n: *mut crib_nursery,
        name: *const ::core::ffi::c_char,
        body: crib_body_fn,
        user_data: *mut ::core::ffi::c_void,
        destroy: crib_destroy_fn,
    ) -> *mut crib_task;
    pub fn crib_nursery_start(
        n: *mut crib_nursery,
        name: *const ::core::ffi::c_char,
        body: crib_body_fn,
        user_data: *mut ::core::ffi::c_void,
        destroy: crib_destroy_fn,
        started: *mut crib_value,
    ) -> ::core::ffi::c_int;
    pub fn crib_nursery_wait_room(n: *mut crib_nursery) -> ::core::ffi::c_int;
    pub fn crib_nursery_wait_idle(n: *mut crib_nursery) -> ::core::ffi::c_int;
    pub fn crib_nursery_close(
        n: *mut crib_nursery,
        rc: ::core::ffi::c_int,
    ) -> ::core::ffi::c_int;
    pub fn crib_nursery_close_error(
        n: *mut crib_nursery,
        in_: *mut crib_error,
    ) -> *mut crib_error;
    pub fn crib_nursery_run(
        options: *const crib_nursery_options,
        body: ::core::option::Option<
            unsafe extern "C" fn(
                n: *mut crib_nursery,
                user_data: *mut ::core::ffi::c_void,
            ) -> ::core::ffi::c_int,
        >,
        user_data: *mut ::core::ffi::c_void,
    ) -> ::core::ffi::c_int;
    pub fn crib_nursery_scope(n: *mut crib_nursery) -> *mut crib_scope;
    pub fn crib_nursery_cancel(
        n: *mut crib_nursery,
        reason: *const ::core::ffi::c_char,
    ) -> ::core::ffi::c_int;
    pub fn crib_nursery_count(n: *const crib_nursery) -> usize;
    pub fn crib_nursery_admits(n: *const crib_nursery) -> ::core::ffi::c_int;
    pub fn crib_nursery_parent_task(n: *const crib_nursery) -> *mut crib_task;
    pub fn crib_nursery_start_stackless(
        n: *mut crib_nursery,
        name: *const ::core::ffi::c_char,
        resume: crib_resume_fn,
        data: usize,
        destroy: ::core::option::Option<unsafe extern "C" fn(arg1: usize)>,
    ) -> *mut crib_task;
    pub fn crib_token_new(name: *const ::core::ffi::c_char) -> *mut crib_token;
    pub fn crib_token_new_external(name: *const ::core::ffi::c_char) -> *mut crib_token;
    pub fn crib_token_chain(
        first: *mut crib_token,
        second: *mut crib_token,
    ) -> *mut crib_token;
    pub fn crib_token_of_scope(
        scope: *mut crib_scope,
        name: *const ::core::ffi::c_char,
    ) -> *mut crib_token;
    pub fn crib_scope_link_token(
        scope: *mut crib_scope,
        t: *mut crib_token,
    ) -> ::core::ffi::c_int;
    pub fn crib_token_ref(t: *mut crib_token) -> *mut crib_token;
    pub fn crib_token_name(t: *const crib_token) -> *const ::core::ffi::c_char;
    pub fn crib_token_trigger(t: *mut crib_token);
    pub fn crib_token_triggered(t: *const crib_token) -> bool;
    pub fn crib_token_triggered_token(t: *mut crib_token) -> *mut crib_token;
    pub fn crib_token_check(t: *const crib_token) -> ::core::ffi::c_int;
    pub fn crib_token_error(t: *const crib_token) -> *mut crib_error;
    pub fn crib_token_wait(t: *mut crib_token) -> ::core::ffi::c_int;
    pub fn crib_begin_token_wait(
        op: *mut crib_op,
        t: *mut crib_token,
    ) -> ::core::ffi::c_int;
    pub fn crib_token_cancellable_wait(
        t: *mut crib_token,
        works: *const crib_work,
        count: usize,
        timeout: i64,
        winner: *mut usize,
        result: *mut crib_value,
    ) -> ::core::ffi::c_int;
    pub fn crib_gather(
        works: *const crib_work,
        count: usize,
        limit: usize,
        results: *mut crib_value,
    ) -> ::core::ffi::c_int;
    pub fn crib_first_success(
        works: *const crib_work,
        count: usize,
        winner: *mut usize,
        result: *mut crib_value,
    ) -> ::core::ffi::c_int;
    pub fn crib_map(
        count: usize,
        limit: usize,
        fn_: crib_map_fn,
        user_data: *mut ::core::ffi::c_void,
    ) -> ::core::ffi::c_int;
    pub fn crib_completed_open(
        works: *const crib_work,
        count: usize,
        limit: usize,
    ) -> *mut crib_completed;
    pub fn crib_completed_next(
        c: *mut crib_completed,
        result: *mut crib_value,
        error: *mut *mut crib_error,
    ) -> ::core::ffi::c_int;
    pub fn crib_completed_close(
        c: *mut crib_completed,
        rc: ::core::ffi::c_int,
    ) -> ::core::ffi::c_int;
    pub fn crib_retry(
        options: *const crib_retry_options,
        body: crib_body_fn,
        user_data: *mut ::core::ffi::c_void,
    ) -> ::core::ffi::c_int;
    pub fn crib_ticker_start(
        ticker: *mut crib_ticker,
        period: i64,
    ) -> ::core::ffi::c_int;
    pub fn crib_ticker_wait(ticker: *mut crib_ticker) -> ::core::ffi::c_int;
    pub fn crib_condition_new(lock: *mut crib_lock) -> *mut crib_condition;
    pub fn crib_condition_lock(c: *const crib_condition) -> *mut crib_lock;
    pub fn crib_condition_wait(c: *mut crib_condition) -> ::core::ffi::c_int;
    pub fn crib_condition_notify(c: *mut crib_condition, n: usize) -> ::core::ffi::c_int;
    pub fn crib_condition_notify_all(c: *mut crib_condition) -> ::core::ffi::c_int;
    pub fn crib_condition_notify_by(
        c: *mut crib_condition,
        task: *mut crib_task,
        n: usize,
    ) -> ::core::ffi::c_int;
    pub fn crib_begin_condition_wait(
        op: *mut crib_op,
        c: *mut crib_condition,
    ) -> ::core::ffi::c_int;
    pub fn crib_condition_statistics(
        c: *const crib_condition,
        out: *mut crib_condition_stats,
    ) -> ::core::ffi::c_int;
    pub fn crib_event_new() -> *mut crib_event;
    pub fn crib_event_set(e: *mut crib_event);
    pub fn crib_event_is_set(e: *const crib_event) -> bool;
    pub fn crib_event_wait(e: *mut crib_event) -> ::core::ffi::c_int;
    pub fn crib_begin_event_wait(
        op: *mut crib_op,
        e: *mut crib_event,
    ) -> ::core::ffi::c_int;
    pub fn crib_event_statistics(
        e: *const crib_event,
        out: *mut crib_event_stats,
    ) -> ::core::ffi::c_int;
    pub fn crib_now() -> i64;
    pub fn crib_checkpoint() -> ::core::ffi::c_int;
    pub fn crib_checkpoint_if_cancelled() -> ::core::ffi::c_int;
    pub fn crib_cancel_shielded_checkpoint() -> ::core::ffi::c_int;
    pub fn crib_sleep(ns: i64) -> ::core::ffi::c_int;
    pub fn crib_sleep_until(time: i64) -> ::core::ffi::c_int;
    pub fn crib_sleep_forever() -> ::core::ffi::c_int;
    pub fn crib_task_current() -> *mut crib_task;
    pub fn crib_in_task() -> bool;
    pub fn crib_task_name(task: *const crib_task) -> *const ::core::ffi::c_char;
    pub fn crib_task_set_name(
        task: *mut crib_task,
        name: *const ::core::ffi::c_char,
    ) -> ::core::ffi::c_int;
    pub fn crib_task_ref(task: *mut crib_task) -> *mut crib_task;
    pub fn crib_task_state(task: *const crib_task) -> ::core::ffi::c_int;
    pub fn crib_task_parent_nursery(task: *const crib_task) -> *mut crib_nursery;
    pub fn crib_task_eventual_parent_nursery(
        task: *const crib_task,
    ) -> *mut crib_nursery;
    pub fn crib_task_wait(
        task: *mut crib_task,
        result: *mut ::core::ffi::c_int,
    ) -> ::core::ffi::c_int;
    pub fn crib_task_cancel(
        task: *mut crib_task,
        reason: *const ::core::ffi::c_char,
    ) -> ::core::ffi::c_int;
    pub fn crib_task_set_result(v: crib_value) -> ::core::ffi::c_int;
    pub fn crib_task_result(
        task: *mut crib_task,
        out: *mut crib_value,
    ) -> ::core::ffi::c_int;
    pub fn crib_task_started(v: crib_value) -> ::core::ffi::c_int;
    pub fn crib_task_started_by(
        task: *mut crib_task,
        v: crib_value,
    ) -> ::core::ffi::c_int;
    pub fn crib_park(
        abort: crib_abort_fn,
        user_data: *mut ::core::ffi::c_void,
        what: *const ::core::ffi::c_char,
        out: *mut crib_value,
    ) -> ::core::ffi::c_int;
    pub fn crib_unpark(
        task: *mut crib_task,
        status: ::core::ffi::c_int,
        v: crib_value,
    ) -> ::core::ffi::c_int;
    pub fn crib_task_op(task: *mut crib_task) -> *mut crib_op;
    pub fn crib_task_scope(task: *mut crib_task) -> *mut crib_scope;
    pub fn crib_op_new(task: *mut crib_task, scope: *mut crib_scope) -> *mut crib_op;
    pub fn crib_op_free(op: *mut crib_op);
    pub fn crib_op_set_scope(
        op: *mut crib_op,
        scope: *mut crib_scope,
    ) -> ::core::ffi::c_int;
    pub fn crib_op_abort(op: *mut crib_op) -> ::core::ffi::c_int;
    pub fn crib_op_id(op: *const crib_op) -> u64;
    pub fn crib_op_take(op: *mut crib_op, out: *mut crib_result) -> ::core::ffi::c_int;
    pub fn crib_op_take_error(op: *mut crib_op) -> *mut crib_error;
    pub fn crib_task_exit(task: *mut crib_task, error: *mut crib_error);
    pub fn crib_begin_checkpoint(op: *mut crib_op) -> ::core::ffi::c_int;
    pub fn crib_begin_sleep(op: *mut crib_op, ns: i64) -> ::core::ffi::c_int;
    pub fn crib_begin_sleep_until(op: *mut crib_op, time: i64) -> ::core::ffi::c_int;
    pub fn crib_begin_send(
        op: *mut crib_op,
        tx: *mut crib_sender,
        v: crib_value,
    ) -> ::core::ffi::c_int;
    pub fn crib_begin_receive(op: *mut crib_op, rx: *mut crib_receiver) -> crib_result;
    pub fn crib_begin_nursery_close(
        op: *mut crib_op,
        n: *mut crib_nursery,
        body: *mut crib_error,
    ) -> ::core::ffi::c_int;
    pub fn crib_begin_nursery_start(
        op: *mut crib_op,
        n: *mut crib_nursery,
        name: *const ::core::ffi::c_char,
        body: crib_body_fn,
        user_data: *mut ::core::ffi::c_void,
        destroy: crib_destroy_fn,
    ) -> ::core::ffi::c_int;
    pub fn crib_begin_nursery_start_stackless(
        op: *mut crib_op,
        n: *mut crib_nursery,
        name: *const ::core::ffi::c_char,
        resume: crib_resume_fn,
        data: usize,
        destroy: ::core::option::Option<unsafe extern "C" fn(arg1: usize)>,
        child: *mut *mut crib_task,
    ) -> ::core::ffi::c_int;
    pub fn crib_begin_nursery_wait_room(
        op: *mut crib_op,
        n: *mut crib_nursery,
    ) -> ::core::ffi::c_int;
    pub fn crib_begin_nursery_wait_idle(
        op: *mut crib_op,
        n: *mut crib_nursery,
    ) -> ::core::ffi::c_int;
    pub fn crib_begin_task_wait(
        op: *mut crib_op,
        task: *mut crib_task,
    ) -> ::core::ffi::c_int;
    pub fn crib_task_result_code(task: *const crib_task) -> ::core::ffi::c_int;
    pub fn crib_begin_call(
        op: *mut crib_op,
        body: crib_body_fn,
        user_data: *mut ::core::ffi::c_void,
        destroy: crib_destroy_fn,
    ) -> ::core::ffi::c_int;
    pub fn crib_begin_park(
        op: *mut crib_op,
        abort: crib_abort_fn,
        user_data: *mut ::core::ffi::c_void,
        what: *const ::core::ffi::c_char,
    ) -> ::core::ffi::c_int;
    pub fn crib_op_complete(
        op: *mut crib_op,
        status: ::core::ffi::c_int,
        v: crib_value,
    ) -> ::core::ffi::c_int;
    pub fn crib_version() -> *const ::core::ffi::c_char;
    pub fn crib_version_hex() -> u32;
    pub fn crib_set_allocator(allocator: *const crib_allocator) -> ::core::ffi::c_int;
    pub fn crib_run(
        body: crib_body_fn,
        user_data: *mut ::core::ffi::c_void,
    ) -> ::core::ffi::c_int;
    pub fn crib_runtime_new(options: *const crib_runtime_options) -> *mut crib_runtime;
    pub fn crib_runtime_run(
        rt: *mut crib_runtime,
        body: crib_body_fn,
        user_data: *mut ::core::ffi::c_void,
        destroy: crib_destroy_fn,
    ) -> ::core::ffi::c_int;
    pub fn crib_runtime_run_stackless(
        rt: *mut crib_runtime,
        name: *const ::core::ffi::c_char,
        resume: crib_resume_fn,
        data: usize,
        destroy: ::core::option::Option<unsafe extern "C" fn(arg1: usize)>,
    ) -> ::core::ffi::c_int;
    pub fn crib_runtime_start_stackless(
        rt: *mut crib_runtime,
        name: *const ::core::ffi::c_char,
        resume: crib_resume_fn,
        data: usize,
        destroy: ::core::option::Option<unsafe extern "C" fn(arg1: usize)>,
        main_task: *mut *mut crib_task,
    ) -> ::core::ffi::c_int;
    pub fn crib_runtime_poll_ready(
        rt: *mut crib_runtime,
        out: *mut crib_ready,
        n: usize,
        flags: u32,
    ) -> usize;
    pub fn crib_runtime_active(rt: *const crib_runtime) -> bool;
    pub fn crib_runtime_finish(rt: *mut crib_runtime) -> ::core::ffi::c_int;
    pub fn crib_runtime_current() -> *mut crib_runtime;
    pub fn crib_runtime_spawn_system_task(
        rt: *mut crib_runtime,
        name: *const ::core::ffi::c_char,
        body: crib_body_fn,
        user_data: *mut ::core::ffi::c_void,
        destroy: crib_destroy_fn,
    ) -> ::core::ffi::c_int;
    pub fn crib_runtime_statistics(
        rt: *mut crib_runtime,
        out: *mut crib_statistics,
    ) -> ::core::ffi::c_int;
    pub fn crib_runtime_dump(
        rt: *mut crib_runtime,
        fd: ::core::ffi::c_int,
    ) -> ::core::ffi::c_int;
    pub fn crib_runtime_expect(
        rt: *mut crib_runtime,
        what: *const ::core::ffi::c_char,
    ) -> *mut crib_expectation;
    pub fn crib_runtime_cancel_op(
        rt: *mut crib_runtime,
        op_id: u64,
    ) -> ::core::ffi::c_int;
    pub fn crib_runtime_set_poll_hooks(
        rt: *mut crib_runtime,
        before: ::core::option::Option<
            unsafe extern "C" fn(user_data: *mut ::core::ffi::c_void),
        >,
        after: ::core::option::Option<
            unsafe extern "C" fn(user_data: *mut ::core::ffi::c_void),
        >,
        user_data: *mut ::core::ffi::c_void,
    ) -> ::core::ffi::c_int;
    pub fn crib_guest_start(
        rt: *mut crib_runtime,
        body: crib_body_fn,
        user_data: *mut ::core::ffi::c_void,
        destroy: crib_destroy_fn,
        done: crib_done_fn,
        done_data: *mut ::core::ffi::c_void,
    ) -> ::core::ffi::c_int;
    pub fn crib_guest_fd(rt: *const crib_runtime) -> ::core::ffi::c_int;
    pub fn crib_guest_timeout(rt: *const crib_runtime) -> i64;
    pub fn crib_guest_tick(rt: *mut crib_runtime, budget: u32) -> ::core::ffi::c_int;
    pub fn crib_limiter_new(total: f64) -> *mut crib_limiter;
    pub fn crib_limiter_acquire(l: *mut crib_limiter) -> ::core::ffi::c_int;
    pub fn crib_limiter_acquire_on_behalf_of(
        l: *mut crib_limiter,
        borrower: *const ::core::ffi::c_void,
    ) -> ::core::ffi::c_int;
    pub fn crib_limiter_acquire_nowait(l: *mut crib_limiter) -> ::core::ffi::c_int;
    pub fn crib_limiter_acquire_nowait_on_behalf_of(
        l: *mut crib_limiter,
        borrower: *const ::core::ffi::c_void,
    ) -> ::core::ffi::c_int;
    pub fn crib_limiter_release(l: *mut crib_limiter) -> ::core::ffi::c_int;
    pub fn crib_limiter_release_on_behalf_of(
        l: *mut crib_limiter,
        borrower: *const ::core::ffi::c_void,
    ) -> ::core::ffi::c_int;
    pub fn crib_limiter_set_total(
        l: *mut crib_limiter,
        total: f64,
    ) -> ::core::ffi::c_int;
    pub fn crib_begin_limiter_acquire(
        op: *mut crib_op,
        l: *mut crib_limiter,
        borrower: *const ::core::ffi::c_void,
    ) -> ::core::ffi::c_int;
    pub fn crib_limiter_statistics(
        l: *const crib_limiter,
        out: *mut crib_limiter_stats,
    ) -> ::core::ffi::c_int;
    pub fn crib_limiter_borrowers(
        l: *const crib_limiter,
        out: *mut *const ::core::ffi::c_void,
        n: usize,
    ) -> usize;
    pub fn crib_local_new(destroy: crib_destroy_fn) -> *mut crib_local;
    pub fn crib_local_set(
        key: *mut crib_local,
        value: *mut ::core::ffi::c_void,
    ) -> ::core::ffi::c_int;
    pub fn crib_local_get(key: *const crib_local) -> *mut ::core::ffi::c_void;
    pub fn crib_lock_new() -> *mut crib_lock;
    pub fn crib_lock_acquire(l: *mut crib_lock) -> ::core::ffi::c_int;
    pub fn crib_lock_acquire_nowait(l: *mut crib_lock) -> ::core::ffi::c_int;
    pub fn crib_lock_release(l: *mut crib_lock) -> ::core::ffi::c_int;
    pub fn crib_lock_recover(l: *mut crib_lock) -> ::core::ffi::c_int;
    pub fn crib_lock_acquire_nowait_by(
        l: *mut crib_lock,
        task: *mut crib_task,
    ) -> ::core::ffi::c_int;
    pub fn crib_lock_release_by(
        l: *mut crib_lock,
        task: *mut crib_task,
    ) -> ::core::ffi::c_int;
    pub fn crib_lock_recover_by(
        l: *mut crib_lock,
        task: *mut crib_task,
    ) -> ::core::ffi::c_int;
    pub fn crib_begin_lock_acquire(
        op: *mut crib_op,
        l: *mut crib_lock,
    ) -> ::core::ffi::c_int;
    pub fn crib_lock_statistics(
        l: *const crib_lock,
        out: *mut crib_lock_stats,
    ) -> ::core::ffi::c_int;
    pub fn crib_portal_open() -> *mut crib_portal;
    pub fn crib_portal_ref(p: *mut crib_portal) -> *mut crib_portal;
    pub fn crib_portal_post(
        p: *mut crib_portal,
        fn_: crib_call_fn,
        user_data: *mut ::core::ffi::c_void,
        destroy: crib_destroy_fn,
    ) -> ::core::ffi::c_int;
    pub fn crib_portal_wake(p: *mut crib_portal) -> ::core::ffi::c_int;
    pub fn crib_portal_wait(p: *mut crib_portal) -> ::core::ffi::c_int;
    pub fn crib_begin_portal_wait(
        op: *mut crib_op,
        p: *mut crib_portal,
    ) -> ::core::ffi::c_int;
    pub fn crib_rwlock_new() -> *mut crib_rwlock;
    pub fn crib_rwlock_acquire_read(l: *mut crib_rwlock) -> ::core::ffi::c_int;
    pub fn crib_rwlock_acquire_write(l: *mut crib_rwlock) -> ::core::ffi::c_int;
    pub fn crib_rwlock_acquire_read_nowait(l: *mut crib_rwlock) -> ::core::ffi::c_int;
    pub fn crib_rwlock_acquire_write_nowait(l: *mut crib_rwlock) -> ::core::ffi::c_int;
    pub fn crib_rwlock_release(l: *mut crib_rwlock) -> ::core::ffi::c_int;
    pub fn crib_rwlock_recover(l: *mut crib_rwlock) -> ::core::ffi::c_int;
    pub fn crib_rwlock_acquire_read_nowait_by(
        l: *mut crib_rwlock,
        task: *mut crib_task,
    ) -> ::core::ffi::c_int;
    pub fn crib_rwlock_acquire_write_nowait_by(
        l: *mut crib_rwlock,
        task: *mut crib_task,
    ) -> ::core::ffi::c_int;
    pub fn crib_rwlock_release_by(
        l: *mut crib_rwlock,
        task: *mut crib_task,
    ) -> ::core::ffi::c_int;
    pub fn crib_rwlock_recover_by(
        l: *mut crib_rwlock,
        task: *mut crib_task,
    ) -> ::core::ffi::c_int;
    pub fn crib_begin_rwlock_acquire_read(
        op: *mut crib_op,
        l: *mut crib_rwlock,
    ) -> ::core::ffi::c_int;
    pub fn crib_begin_rwlock_acquire_write(
        op: *mut crib_op,
        l: *mut crib_rwlock,
    ) -> ::core::ffi::c_int;
    pub fn crib_rwlock_statistics(
        l: *const crib_rwlock,
        out: *mut crib_rwlock_stats,
    ) -> ::core::ffi::c_int;
    pub fn crib_scope_open(options: *const crib_scope_options) -> *mut crib_scope;
    pub fn crib_move_on_after(ns: i64) -> *mut crib_scope;
    pub fn crib_move_on_at(time: i64) -> *mut crib_scope;
    pub fn crib_fail_after(ns: i64) -> *mut crib_scope;
    pub fn crib_fail_at(time: i64) -> *mut crib_scope;
    pub fn crib_scope_close(
        scope: *mut crib_scope,
        rc: ::core::ffi::c_int,
        caught: *mut bool,
    ) -> ::core::ffi::c_int;
    pub fn crib_scope_close_error(
        scope: *mut crib_scope,
        in_: *mut crib_error,
        caught: *mut bool,
    ) -> *mut crib_error;
    pub fn crib_scope_run(
        options: *const crib_scope_options,
        body: crib_body_fn,
        user_data: *mut ::core::ffi::c_void,
        caught: *mut bool,
    ) -> ::core::ffi::c_int;
    pub fn crib_scope_cancel(
        scope: *mut crib_scope,
        reason: *const ::core::ffi::c_char,
    ) -> ::core::ffi::c_int;
    pub fn crib_scope_cancel_soft(
        scope: *mut crib_scope,
        mode: ::core::ffi::c_int,
        grace: i64,
        reason: *const ::core::ffi::c_char,
    ) -> ::core::ffi::c_int;
    pub fn crib_scope_cancel_called(scope: *const crib_scope) -> bool;
    pub fn crib_scope_set_deadline(
        scope: *mut crib_scope,
        time: i64,
    ) -> ::core::ffi::c_int;
    pub fn crib_scope_deadline(scope: *const crib_scope) -> i64;
    pub fn crib_scope_set_shield(
        scope: *mut crib_scope,
        shield: bool,
    ) -> ::core::ffi::c_int;
    pub fn crib_current_effective_deadline() -> i64;
    pub fn crib_scope_effective_deadline(scope: *const crib_scope) -> i64;
    pub fn crib_scope_reason(scope: *const crib_scope) -> *const ::core::ffi::c_char;
    pub fn crib_scope_source(scope: *const crib_scope) -> ::core::ffi::c_int;
    pub fn crib_source_name(source: ::core::ffi::c_int) -> *const ::core::ffi::c_char;
    pub fn crib_scope_state(scope: *const crib_scope) -> ::core::ffi::c_int;
    pub fn crib_scope_remaining_grace(scope: *const crib_scope) -> i64;
    pub fn crib_scope_link(
        source: *mut crib_scope,
        target: *mut crib_scope,
    ) -> ::core::ffi::c_int;
    pub fn crib_scope_on_cancel(
        scope: *mut crib_scope,
        fn_: crib_cancel_fn,
        user_data: *mut ::core::ffi::c_void,
        destroy: crib_destroy_fn,
    ) -> ::core::ffi::c_int;
    pub fn crib_scope_watch(scope: *mut crib_scope, data: u64) -> ::core::ffi::c_int;
    pub fn crib_select(
        clauses: *mut crib_clause,
        count: usize,
        flags: u32,
    ) -> ::core::ffi::c_int;
    pub fn crib_select_nowait(
        clauses: *mut crib_clause,
        count: usize,
        flags: u32,
    ) -> ::core::ffi::c_int;
    pub fn crib_begin_select(
        op: *mut crib_op,
        clauses: *mut crib_clause,
        count: usize,
        flags: u32,
    ) -> ::core::ffi::c_int;
    pub fn crib_op_take_select(
        op: *mut crib_op,
        clauses: *mut crib_clause,
        count: usize,
    ) -> ::core::ffi::c_int;
    pub fn crib_semaphore_new(initial: u32, max: u32) -> *mut crib_semaphore;
    pub fn crib_semaphore_acquire(s: *mut crib_semaphore) -> ::core::ffi::c_int;
    pub fn crib_semaphore_acquire_nowait(s: *mut crib_semaphore) -> ::core::ffi::c_int;
    pub fn crib_semaphore_release(s: *mut crib_semaphore) -> ::core::ffi::c_int;
    pub fn crib_begin_semaphore_acquire(
        op: *mut crib_op,
        s: *mut crib_semaphore,
    ) -> ::core::ffi::c_int;
    pub fn crib_semaphore_statistics(
        s: *const crib_semaphore,
        out: *mut crib_semaphore_stats,
    ) -> ::core::ffi::c_int;
    pub fn crib_clock_jump(ns: i64) -> ::core::ffi::c_int;
    pub fn crib_wait_all_tasks_blocked(cushion_ns: i64) -> ::core::ffi::c_int;
    pub fn crib_begin_wait_all_tasks_blocked(
        op: *mut crib_op,
        cushion_ns: i64,
    ) -> ::core::ffi::c_int;
    pub fn crib_sweep_cancels(
        sweep: *const crib_sweep,
        report: *mut crib_sweep_report,
    ) -> ::core::ffi::c_int;
    pub fn crib_sweep_allocations(
        sweep: *const crib_sweep,
        report: *mut crib_sweep_report,
    ) -> ::core::ffi::c_int;
    pub fn crib_sweep_value(number: i64) -> crib_value;
    pub fn crib_sweep_number(v: crib_value, if_not: i64) -> i64;
    pub fn crib_uv_attach(
        rt: *mut crib_runtime,
        loop_: *mut uv_loop_s,
        body: crib_body_fn,
        user_data: *mut ::core::ffi::c_void,
        destroy: crib_destroy_fn,
        done: crib_done_fn,
        done_data: *mut ::core::ffi::c_void,
    ) -> ::core::ffi::c_int;
    pub fn crib_uv_detach(rt: *mut crib_runtime) -> ::core::ffi::c_int;
    pub fn crib_uv_loop() -> *mut uv_loop_s;
}
