//! Channels: order, ends, values dropped exactly once.

mod support;

use crib::{Error, ErrorKind, Overflow, TryRecvError, TrySendError, Value, sys};
use std::cell::RefCell;
use support::{Alive, Either, either, ms, run};

#[test]
fn values_arrive_in_order_and_then_the_end() {
    for capacity in [0, 1, 3, crib::UNBOUNDED] {
        let got = run(crib::nursery(async |n| {
            let (tx, rx) = crib::channel(capacity)?;
            n.start_soon("sends", async move {
                for i in 0..10 {
                    tx.send(format!("{i}")).await?;
                }
                Ok(())
            });
            let mut got = String::new();
            while let Some(text) = rx.recv().await? {
                got += &text;
            }
            Ok(got)
        }))
        .unwrap();
        assert_eq!(got, "0123456789");
    }
}

#[test]
fn senders_see_that_the_last_receiver_is_gone() {
    run(async {
        let (tx, rx) = crib::channel(0)?;
        let other = rx.clone();
        drop(rx);
        assert!(matches!(tx.try_send(1), Err(TrySendError::Full(1))));
        drop(other);
        assert_eq!(tx.send(1).await.unwrap_err().kind(), ErrorKind::Broken);
        Ok(())
    })
    .unwrap();
}

#[test]
fn every_value_is_dropped_exactly_once() {
    let alive = Alive::new();
    run(crib::nursery(async |n| {
        // Received; left in the buffer; sent to nobody; refused; given up while it waited; overflowed.
        let (tx, rx) = crib::channel(2)?;
        tx.send(alive.make()).await?;
        drop(rx.recv().await?);
        assert_eq!(alive.count(), 0);
        tx.send(alive.make()).await?;
        tx.send(alive.make()).await?;
        assert!(matches!(either(tx.send(alive.make()), crib::checkpoint()).await, Either::Right(Ok(()))));
        assert_eq!(alive.count(), 2);
        assert!(crib::move_on_after(ms(1), tx.send(alive.make())).await?.is_none());
        assert_eq!(alive.count(), 2);
        let refused = tx.try_send(alive.make()).unwrap_err();
        assert_eq!(alive.count(), 3);
        drop(refused);
        drop(rx);
        assert_eq!(alive.count(), 0);
        assert!(tx.send(alive.make()).await.is_err());

        let (tx, rx) = crib::overflowing_channel(1, Overflow::DropOldest)?;
        tx.send(alive.make()).await?;
        tx.send(alive.make()).await?;
        assert_eq!((alive.count(), rx.statistics()?.dropped), (1, 1));
        let (ours, theirs) = crib::channel(0)?;
        let item = alive.make();
        n.start_soon("waits to send", async move { ours.send(item).await });
        crib::sleep(ms(1)).await?;
        drop(theirs.recv().await?);
        drop((tx, rx));
        Ok(())
    }))
    .unwrap();
    assert_eq!(alive.count(), 0);
}

#[test]
fn what_a_run_leaves_behind_is_dropped_with_its_ends() {
    let alive = Alive::new();
    let left = run(async {
        let (tx, rx) = crib::channel(4)?;
        tx.send(alive.make()).await?;
        Ok((tx, rx))
    })
    .unwrap();
    assert_eq!(alive.count(), 1);
    drop(left);
    assert_eq!(alive.count(), 0);
}

#[test]
fn a_send_that_is_never_polled_drops_its_value() {
    let alive = Alive::new();
    run(async {
        let (tx, _rx) = crib::channel(1)?;
        drop(tx.send(alive.make()));
        assert_eq!(alive.count(), 0);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_cancelled_receive_takes_nothing() {
    run(async {
        let (tx, rx) = crib::channel(1)?;
        assert!(crib::move_on_after(ms(1), rx.recv()).await?.is_none());
        tx.send(1).await?;
        assert_eq!(rx.recv().await?, Some(1));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_sender_closes_with_an_error_that_receivers_see() {
    #[derive(Debug)]
    struct Broke;
    impl std::fmt::Display for Broke {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("broke")
        }
    }
    impl std::error::Error for Broke {}
    run(async {
        let (tx, rx) = crib::channel(1)?;
        tx.send(1).await?;
        tx.close_with(Error::new(Broke))?;
        assert_eq!(rx.recv().await?, Some(1));
        assert!(rx.recv().await.unwrap_err().is::<Broke>());
        assert_eq!(tx.close_with(Error::msg("again")).unwrap_err().kind(), ErrorKind::Closed);
        Ok(())
    })
    .unwrap();
}

#[test]
fn integers_are_those_of_every_language() {
    run(async {
        let (tx, rx) = crib::channel::<i64>(1)?;
        let rx: crib::Receiver<u8> = {
            // SAFETY: the end is given away, and taken over under another type: integers are integers.
            unsafe { crib::Receiver::from_raw(rx.into_raw()) }
        };
        tx.send(200).await?;
        assert_eq!(rx.recv().await?, Some(200u8));
        tx.send(300).await?;
        assert_eq!(rx.recv().await.unwrap_err().kind(), ErrorKind::Foreign);
        Ok(())
    })
    .unwrap();
    for bits in [u64::MAX, 1 << 63, 0] {
        assert_eq!(Value::new(bits).downcast::<u64>().unwrap(), bits);
    }
    assert_eq!(Value::new(-5i8).downcast::<i32>().unwrap(), -5);
    assert!(Value::new(-5i8).downcast::<u32>().is_err());
}

#[test]
fn a_value_of_another_type_is_an_error_and_dropped() {
    let alive = Alive::new();
    run(async {
        let (tx, rx) = crib::channel::<support::Counted>(1)?;
        // SAFETY: the end is given away, and taken over under another type.
        let rx: crib::Receiver<String> = unsafe { crib::Receiver::from_raw(rx.into_raw()) };
        tx.send(alive.make()).await?;
        let e = rx.recv().await.unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Foreign);
        assert!(e.message().starts_with("expected alloc::string::String, not channels::support::Counted"));
        Ok(())
    })
    .unwrap();
    assert_eq!(alive.count(), 0);
}

/// Two types that look alike in memory, and whose code may be shared.
struct Metres(#[allow(dead_code)] Box<u32>);
struct Feet(#[allow(dead_code)] Box<u32>);

#[test]
fn types_that_look_alike_are_told_apart() {
    assert!(Value::new(Metres(Box::new(1))).downcast::<Feet>().is_err());
    assert!(Value::new(Metres(Box::new(1))).downcast::<Metres>().is_ok());
}

#[test]
fn values_of_any_language_pass_through() {
    let alive = Alive::new();
    run(async {
        let (tx, rx) = crib::channel::<Value>(4)?;
        tx.send(Value::int(1)).await?;
        tx.send(Value::new(alive.make())).await?;
        tx.send(Value::new("text".to_string())).await?;
        // SAFETY: a table without a drop is fine, and `p` is nothing.
        static TABLE: Table = Table(sys::crib_vtable {
            size: size_of::<sys::crib_vtable>(),
            drop: None,
            kind: c"a thing of C".as_ptr(),
            flags: 0,
        });
        struct Table(sys::crib_vtable);
        // SAFETY: never changed.
        unsafe impl Sync for Table {}
        let foreign = sys::crib_value { p: std::ptr::null_mut(), vt: &raw const TABLE.0 };
        // SAFETY: nobody else has it.
        tx.send(unsafe { Value::from_raw(foreign) }).await?;
        assert_eq!(rx.recv().await?.unwrap().as_int(), Some(1));
        drop(rx.recv().await?);
        assert_eq!(rx.recv().await?.unwrap().downcast::<String>().unwrap(), "text");
        let thing = rx.recv().await?.unwrap();
        assert_eq!(format!("{thing:?}"), "Value(a thing of C)");
        assert!(thing.downcast::<String>().is_err());
        Ok(())
    })
    .unwrap();
    assert_eq!(alive.count(), 0);
}

#[test]
fn a_full_channel_makes_its_sender_wait() {
    let log = RefCell::new(Vec::new());
    run(crib::scope(async |s| {
        let (tx, rx) = crib::channel(1)?;
        let log = &log;
        s.start_soon("sends", async move {
            for i in 0..3 {
                tx.send(i).await?;
                log.borrow_mut().push(format!("sent {i}"));
            }
            Ok(())
        });
        crib::sleep(ms(10)).await?;
        while let Some(i) = rx.recv().await? {
            log.borrow_mut().push(format!("got {i}"));
            crib::sleep(ms(10)).await?;
        }
        Ok(())
    }))
    .unwrap();
    assert_eq!(*log.borrow(), ["sent 0", "got 0", "sent 1", "got 1", "sent 2", "got 2"]);
}

#[test]
fn nothing_to_receive_is_told_from_the_end() {
    run(async {
        let (tx, rx) = crib::channel::<i32>(1)?;
        assert!(matches!(rx.try_recv(), Err(TryRecvError::Empty)));
        drop(tx);
        assert!(matches!(rx.try_recv(), Err(TryRecvError::Closed)));
        Ok(())
    })
    .unwrap();
}

#[test]
fn threads_talk_over_shared_channels() {
    let alive = Alive::new();
    let (tx, rx) = crib::shared_channel(4).unwrap();
    let (back_tx, back_rx) = crib::shared_channel(4).unwrap();
    let worker = std::thread::spawn(move || {
        crib::run(async {
            while let Some((i, item)) = rx.recv().await? {
                back_tx.send((i * 2, item)).await?;
            }
            Ok(())
        })
    });
    let counted = alive.clone();
    let sum = crib::run(crib::nursery(async move |n| {
        n.start_soon("sends", async move {
            for i in 0..100 {
                tx.send((i, counted.make())).await?;
            }
            Ok(())
        });
        let mut sum = 0;
        while let Some((i, _item)) = back_rx.recv().await? {
            sum += i;
        }
        Ok(sum)
    }))
    .unwrap();
    worker.join().unwrap().unwrap();
    assert_eq!((sum, alive.count()), (9900, 0));
}

#[test]
fn shared_ends_work_outside_runs_and_drop_what_is_left_in_any_thread() {
    let alive = Alive::new();
    let (tx, rx) = crib::shared_channel(4).unwrap();
    assert!(tx.try_send(alive.make()).is_ok());
    assert!(tx.try_send(alive.make()).is_ok());
    drop(rx.try_recv().unwrap());
    std::thread::spawn(move || drop((tx, rx))).join().unwrap();
    assert_eq!(alive.count(), 0);
}

#[test]
fn many_are_received_at_once_as_far_as_they_are_there() {
    run(async {
        let (tx, rx) = crib::channel(4)?;
        for i in 1..=4 {
            tx.send(i).await?;
        }
        assert_eq!(rx.recv_many(3).await?, [1, 2, 3]);
        assert_eq!(rx.recv_many(0).await?, [4], "it waits for one in any case");
        tx.send(5).await?;
        tx.close_with(Error::msg("gone"))?;
        assert_eq!(rx.recv_many(9).await?, [5]);
        assert_eq!(rx.recv_many(9).await.unwrap_err().message(), "gone", "the error comes after what is buffered");
        assert!(matches!(rx.try_recv(), Err(TryRecvError::Failed(e)) if e.message() == "gone"));
        let select = || crib::Select::new().recv(&rx, |v| v);
        assert_eq!(select().try_now().unwrap_err().message(), "gone");
        assert_eq!(select().wait().await.unwrap_err().message(), "gone");
        let (tx, rx) = crib::channel::<i32>(0)?;
        drop(tx);
        assert_eq!(rx.recv_many(9).await?, []);
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_is_refused_at_once_can_be_passed_on_as_an_error() {
    run(async {
        let (tx, rx) = crib::channel(0)?;
        let sent = |v| -> crib::Result<()> { Ok(tx.try_send(v)?) };
        let received = || -> crib::Result<i32> { Ok(rx.try_recv()?) };
        assert_eq!(sent(1).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(received().unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(rx.try_clone()?.statistics()?.receivers, 2);
        rx.close();
        assert_eq!(sent(1).unwrap_err().kind(), ErrorKind::Broken);
        assert_eq!(rx.try_clone().err().unwrap().kind(), ErrorKind::Closed);
        Ok(())
    })
    .unwrap();
}
