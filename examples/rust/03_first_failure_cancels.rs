//! First failure cancels: the other tasks of the nursery end too, and every error is reported, in one tree. An error
//! of the program's own comes out as it went in.

use crib::{Error, ErrorKind};
use std::fmt;
use std::time::Duration;

#[derive(Debug)]
struct NoSuchPage(&'static str);

impl fmt::Display for NoSuchPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no page {}", self.0)
    }
}

impl std::error::Error for NoSuchPage {}

async fn fetch(page: &'static str, ms: u64, found: bool) -> crib::Result<()> {
    let result = crib::sleep(Duration::from_millis(ms)).await;
    if result.is_err() {
        println!("{page}: cancelled");
        // Cleanup may fail as well; that is reported too.
        return if page == "/news" {
            Err(Error::msg("the cache of /news is torn"))
        } else {
            result
        };
    }
    if !found {
        return Err(Error::new(NoSuchPage(page)));
    }
    println!("{page}: fetched");
    Ok(())
}

pub async fn app() -> crib::Result<()> {
    let result = crib::nursery(async |n| {
        n.start_soon("start", fetch("/start", 10, true));
        n.start_soon("about", fetch("/about", 20, false));
        n.start_soon("news", fetch("/news", 30, true));
        n.start_soon("search", fetch("/search", 40, true));
        Ok(())
    })
    .await;

    let error = result.unwrap_err();
    println!("it failed: {error}");
    for leaf in error.leaves() {
        println!(
            "  task '{}': {}",
            leaf.task_name().unwrap_or_default(),
            leaf.message()
        );
    }
    if let Some(NoSuchPage(page)) = error.downcast_ref() {
        println!("the missing page is {page}");
    }

    // A panic in a task is a failure like any other.
    let error = crib::nursery(async |n| {
        n.start_soon("clumsy", async { panic!("fell over") });
        n.start_soon("bystander", crib::sleep_forever());
        Ok(())
    })
    .await
    .unwrap_err();
    println!("{:?}: {error}", error.kind());
    assert_eq!(error.kind(), ErrorKind::Panic);
    Ok(())
}

fn main() -> crib::Result<()> {
    crib::run(app())
}
