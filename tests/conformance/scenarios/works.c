#include "works.h"

#include "c_fiber/fiber.h"

struct found found;

const char *found_numbers(void) {
    static char text[80];
    int i;
    text[0] = '\0';
    for (i = 0; i < found.count; i++) text_number(text, sizeof text, found.numbers[i]);
    return text;
}

static void found_values(crib_value *values, int count) {
    for (found.count = 0; found.count < count; found.count++)
        found.numbers[found.count] = (int)crib_value_as_int(values[found.count], -1);
}

/* ---- bodies */

static int slow_work(void *unused) {
    int rc = sleep_ms(10000);
    (void)unused;
    say("%s", outcome(rc));
    return rc;
}

struct job {
    int ms, gives;
};

static struct job quick = {1000, 1}, first = {300, 1}, second = {100, 2}, third = {100, 3};

static int does(void *job) {
    const struct job *j = job;
    int rc = sleep_ms(j->ms);
    say("ends");
    crib_task_set_result(crib_value_int(j->gives));
    return rc;
}

static int ends_at_once(void *unused) {
    (void)unused;
    say("ends");
    return 0;
}

static int fails_after(int64_t ms) {
    int rc = ms > 0 ? sleep_ms(ms) : 0;
    say("fails");
    return rc < 0 ? rc : fail("boom");
}

static int fails_at_once(void *unused) {
    (void)unused;
    return fails_after(0);
}

static int fails_soon(void *unused) {
    (void)unused;
    return fails_after(500);
}

/* ---- cancellable_wait */

#define COUNT(works) (sizeof(works) / sizeof(works)[0])

static const crib_work slow_alone[] = {{"slow", slow_work, NULL, NULL}};

int wait_100_ms_for_slow(void *unused) {
    (void)unused;
    return crib_token_cancellable_wait(NULL, slow_alone, 1, CRIB_MS(100), NULL, NULL);
}

int wait_for_slow_or_token(void *unused) {
    (void)unused;
    return crib_token_cancellable_wait(shared.token, slow_alone, 1, CRIB_FOREVER, NULL, NULL);
}

int wait_for_the_first(void *unused) {
    const crib_work works[] = {{"slow", slow_work, NULL, NULL}, {"quick", does, &quick, NULL}};
    crib_value value;
    int rc = crib_token_cancellable_wait(NULL, works, COUNT(works), CRIB_FOREVER, &found.winner, &value);
    (void)unused;
    found_values(&value, 1);
    return rc;
}

int wait_for_success(void *unused) {
    const crib_work works[] = {{"at once", ends_at_once, NULL, NULL}};
    (void)unused;
    return crib_token_cancellable_wait(shared.token, works, 1, CRIB_FOREVER, NULL, NULL);
}

int wait_for_failure(void *unused) {
    const crib_work works[] = {{"fails", fails_at_once, NULL, NULL}};
    (void)unused;
    return crib_token_cancellable_wait(shared.token, works, 1, CRIB_FOREVER, NULL, NULL);
}

/* ---- gather, first_success, completed */

int gather_three(void *unused) {
    const crib_work works[] = {{"a", does, &first, NULL}, {"b", does, &second, NULL}, {"c", does, &third, NULL}};
    crib_value values[COUNT(works)];
    int rc = crib_gather(works, COUNT(works), 2, values);
    (void)unused;
    found_values(values, COUNT(works));
    return rc;
}

int gather_with_failure(void *unused) {
    const crib_work works[] = {{"slow", slow_work, NULL, NULL}, {"fails", fails_soon, NULL, NULL}};
    (void)unused;
    return crib_gather(works, COUNT(works), 0, NULL);
}

int first_of_three(void *unused) {
    const crib_work works[] = {
        {"fails", fails_soon, NULL, NULL}, {"quick", does, &quick, NULL}, {"slow", slow_work, NULL, NULL}};
    crib_value value;
    int rc = crib_first_success(works, COUNT(works), &found.winner, &value);
    (void)unused;
    found_values(&value, 1);
    return rc;
}

crib_completed *three_as_completed(void) {
    const crib_work works[] = {
        {"a", does, &first, NULL}, {"b", does, &second, NULL}, {"fails", fails_soon, NULL, NULL}};
    return crib_completed_open(works, COUNT(works), 0);
}

/* ---- retry, map, tickers */

static int attempt(void *unused) {
    (void)unused;
    found.numbers[found.count++] = (int)now_ms();
    return found.count < 3 ? fail("boom") : 0;
}

int retry_three_times(void *unused) {
    crib_retry_options options = {.size = sizeof options};
    (void)unused;
    options.delay = CRIB_MS(100);
    return crib_retry(&options, attempt, NULL);
}

static int square(size_t index, void *unused) {
    int rc = sleep_ms(100);
    (void)unused;
    found.numbers[index] = (int)(index * index);
    return rc;
}

int map_squares(void *unused) {
    (void)unused;
    found.count = 4;
    return crib_map(4, 2, square, NULL);
}

int wait_for_tick(void *ticker) { return crib_ticker_wait(ticker); }
