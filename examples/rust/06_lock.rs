//! Lock: it guards its data; there is no way to it but through the guard, and the guard may be held while one waits.
//! Tasks get it in the order in which they came.

use crib::{Condition, Lock};
use std::time::Duration;

struct Account {
    balance: i64,
}

/// Looks, waits, and writes: without the lock, others would come between.
async fn withdraw(account: &Lock<Account>, who: &str, amount: i64) -> crib::Result<()> {
    let mut account = account.lock().await?;
    let seen = account.balance;
    crib::sleep(Duration::from_millis(10)).await?; // asks the bank
    if seen < amount {
        println!("{who}: not enough for {amount}");
        return Ok(()); // the guard goes, and with it the lock
    }
    account.balance = seen - amount;
    println!("{who}: took {amount}, {} left", account.balance);
    Ok(())
}

pub async fn app() -> crib::Result<()> {
    let account = Lock::new(Account { balance: 100 })?;
    crib::scope(async |s| {
        s.start_soon("ann", withdraw(&account, "ann", 60));
        s.start_soon("bob", withdraw(&account, "bob", 60));
        s.start_soon("eve", withdraw(&account, "eve", 30));
        // Who is cancelled while waiting has nothing, and holds nothing up.
        let hurry =
            crib::move_on_after(Duration::from_millis(5), withdraw(&account, "joe", 10)).await?;
        println!(
            "joe: {}",
            if hurry.is_none() {
                "could not wait"
            } else {
                "done"
            }
        );
        Ok(())
    })
    .await?;

    // A condition: wait, with the lock, until somebody says that something has changed.
    let rich = Condition::new(&account)?;
    crib::scope(async |s| {
        s.start_soon("eve", async {
            let mut account = account.lock().await?;
            rich.wait_while(&mut account, |a| a.balance < 1000).await?;
            println!("eve: there are {} now", account.balance);
            Ok(())
        });
        for _ in 0..5 {
            crib::sleep(Duration::from_millis(10)).await?;
            let mut account = account.lock().await?;
            account.balance += 250;
            rich.notify_all(&account)?;
        }
        Ok(())
    })
    .await
}

fn main() -> crib::Result<()> {
    crib::run(app())
}
