//! Pipeline: each stage is a task, channels lie between them. A stage owns its ends; when it ends they close, and the
//! end of the input runs through the whole pipeline. Small buffers let nobody run far ahead.

use crib::{Receiver, Sender};
use std::time::Duration;

async fn read_lines(tx: Sender<String>) -> crib::Result<()> {
    for line in ["the quick brown fox", "jumps over", "the lazy dog"] {
        tx.send(line.to_string()).await?;
    }
    println!("read: end of input");
    Ok(())
}

async fn split_words(lines: Receiver<String>, tx: Sender<String>) -> crib::Result<()> {
    while let Some(line) = lines.recv().await? {
        for word in line.split(' ') {
            tx.send(word.to_string()).await?;
        }
    }
    println!("split: end of lines");
    Ok(())
}

/// Several of these share the work: each word goes to one of them.
async fn shout(id: u32, words: Receiver<String>, tx: Sender<(u32, String)>) -> crib::Result<()> {
    while let Some(word) = words.recv().await? {
        crib::sleep(Duration::from_millis(10)).await?; // it is hard work
        tx.send((id, word.to_uppercase())).await?;
    }
    Ok(())
}

pub async fn app() -> crib::Result<()> {
    let begun = crib::now();
    let text = crib::nursery(async |n| {
        let (lines_tx, lines_rx) = crib::channel(1)?;
        let (words_tx, words_rx) = crib::channel(1)?;
        let (loud_tx, loud_rx) = crib::channel(0)?;
        n.start_soon("read", read_lines(lines_tx));
        n.start_soon("split", split_words(lines_rx, words_tx));
        for id in 1..=3 {
            n.start_soon("shout", shout(id, words_rx.clone(), loud_tx.clone()));
        }
        drop((words_rx, loud_tx)); // the stages have ends of their own
        let mut text = Vec::new();
        while let Some((id, word)) = loud_rx.recv().await? {
            println!("{word} (by {id})");
            text.push(word);
        }
        Ok(text.join(" "))
    })
    .await?;
    println!("{text}");
    println!("three at a time: {} ms", (crib::now() - begun).as_millis());
    Ok(())
}

fn main() -> crib::Result<()> {
    crib::run(app())
}
