//! Tells the scenarios in Rust: `scenarios_rust NUMBER`, `scenarios_rust --list`.

#[macro_use]
mod stage;

mod channels;
mod checkpoints;
mod compositions;
mod deadlines;
mod ends;
mod graceful;
mod kin;
mod locks;
mod nurseries;
mod policies;
mod scopes;
mod seeds_demo;
mod seeds_notebook;
mod seeds_slides;
mod selects;
mod starts;
mod tokens;

use std::process::ExitCode;

const GROUPS: &[&[stage::Scenario]] = &[
    seeds_demo::SCENARIOS,
    seeds_notebook::SCENARIOS,
    seeds_slides::SCENARIOS,
    tokens::SCENARIOS,
    scopes::SCENARIOS,
    deadlines::SCENARIOS,
    checkpoints::SCENARIOS,
    nurseries::SCENARIOS,
    policies::SCENARIOS,
    starts::SCENARIOS,
    channels::SCENARIOS,
    ends::SCENARIOS,
    locks::SCENARIOS,
    kin::SCENARIOS,
    graceful::SCENARIOS,
    selects::SCENARIOS,
    compositions::SCENARIOS,
];

fn main() -> ExitCode {
    let argument = std::env::args().nth(1).unwrap_or_default();
    let mut all = GROUPS.iter().copied().flatten();
    if argument == "--list" {
        all.for_each(|(number, _)| println!("{number}"));
        return ExitCode::SUCCESS;
    }
    let wanted = argument.parse::<u32>().ok();
    match all.find(|(number, _)| Some(*number) == wanted) {
        Some((_, main)) => stage::play(*main),
        None => {
            eprintln!("usage: scenarios_rust NUMBER | --list");
            ExitCode::FAILURE
        }
    }
}
