/* Lock: it guards what must not be seen half done across a wait, and a condition says that it has changed. Tasks take
 * turns only where they wait, so what does not wait needs no lock at all. */
#include <crib.h>
#include <stdio.h>

struct account {
    int cents;
    crib_lock *lock;
    crib_condition *paid_in;
};

static int pay_in(void *data) {
    struct account *account = data;
    int rc = crib_lock_acquire(account->lock);
    if (rc < 0) return rc; /* cancelled while waiting: nothing to give back */
    int before = account->cents;
    rc = crib_sleep(CRIB_MS(10)); /* asks the bank; nobody sees the account meanwhile */
    if (rc == 0) {
        account->cents = before + 100;
        crib_condition_notify_all(account->paid_in);
    }
    crib_lock_release(account->lock);
    return rc;
}

static int withdraw(void *data) {
    struct account *account = data;
    int rc = crib_lock_acquire(account->lock);
    if (rc < 0) return rc;
    /* Lets go of the lock while it waits, and has it again afterwards, also when it was cancelled. */
    while (rc == 0 && account->cents < 500) rc = crib_condition_wait(account->paid_in);
    if (rc == 0) {
        account->cents -= 500;
        printf("withdrew 500, %d left\n", account->cents);
    }
    crib_lock_release(account->lock);
    return rc;
}

static int app(void *unused) {
    (void)unused;
    struct account account = {0, crib_lock_new(), NULL};
    account.paid_in = crib_condition_new(account.lock);
    int rc = account.paid_in == NULL ? crib_fail(-1000001, "no lock") : 0;
    crib_nursery *nursery = crib_nursery_open();
    if (rc == 0) rc = crib_nursery_start_soon(nursery, "buys", withdraw, &account, NULL);
    for (int i = 0; i < 10 && rc == 0; i++) rc = crib_nursery_start_soon(nursery, "pays", pay_in, &account, NULL);
    rc = crib_nursery_close(nursery, rc);
    printf("%d cents in the end\n", account.cents);
    crib_unref(account.paid_in);
    crib_unref(account.lock);
    return rc;
}

int main(void) { return crib_run(app, NULL) < 0; }
