//! Mixed: two languages in one nursery, Rust's tasks, which are polled, and a C fiber (10_mixed.c), which blocks.
//! They use the same channels, and a cancel or a failure on one side reaches the other.

use crib::sys;
use std::ffi::{c_int, c_void};
use std::time::Duration;

#[repr(C)]
struct Squarer {
    numbers: *mut sys::crib_receiver,
    squares: *mut sys::crib_sender,
}

unsafe extern "C" {
    fn squarer_body(data: *mut c_void) -> c_int;
}

/// Runs when the fiber has ended, or was never started.
unsafe extern "C" fn squarer_ended(data: *mut c_void) {
    // SAFETY: the box that was given to the fiber, and the ends in it.
    unsafe {
        let squarer = Box::from_raw(data.cast::<Squarer>());
        sys::crib_unref(squarer.numbers.cast());
        sys::crib_unref(squarer.squares.cast());
    }
}

pub async fn app() -> crib::Result<()> {
    let result = crib::move_on_after(
        Duration::from_millis(55),
        crib::nursery(async |n| {
            let (numbers, numbers_rx) = crib::channel::<i64>(0)?;
            let (squares_tx, squares) = crib::channel::<i64>(0)?;
            n.start_soon("counter", async move {
                for i in 1.. {
                    numbers.send(i).await?;
                }
                Ok(())
            });
            let squarer = Box::new(Squarer {
                numbers: numbers_rx.into_raw(),
                squares: squares_tx.into_raw(),
            });
            let data = Box::into_raw(squarer).cast();
            // SAFETY: the fiber owns the box and the ends in it, which `squarer_ended` releases.
            unsafe {
                crib::raw::start_fiber(
                    &n,
                    c"squarer",
                    Some(squarer_body),
                    data,
                    Some(squarer_ended),
                )?
            };
            while let Some(square) = squares.recv().await? {
                println!("{square}");
            }
            Ok(())
        }),
    )
    .await?;
    println!(
        "{}: ended on both sides",
        if result.is_none() {
            "time is up"
        } else {
            "done"
        }
    );

    // C code that blocks, awaited by Rust.
    unsafe extern "C" fn blocks(_: *mut c_void) -> c_int {
        // SAFETY: in a fiber.
        let rc = unsafe { sys::crib_sleep(10_000_000) };
        if rc < 0 { rc } else { 42 }
    }
    // SAFETY: the body needs no data.
    let answer = unsafe { crib::raw::call(Some(blocks), std::ptr::null_mut(), None) }.await?;
    println!("C says {answer}");
    Ok(())
}

fn main() -> crib::Result<()> {
    crib::run(app())
}
