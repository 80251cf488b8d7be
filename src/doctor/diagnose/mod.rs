//! From observations to findings: pure functions, one file for each place where something can be wrong.

mod address;
mod machine;
mod people;
mod segment;
#[cfg(test)]
mod tests;

use super::finding::{Finding, Level};
use super::observation::Observations;

/// What follows from the observations, in the order in which a reader should go through it: the machine, the segment,
/// the people.
pub fn diagnose(seen: &Observations) -> Vec<Finding> {
    let mut all = Vec::new();
    machine::interfaces(seen, &mut all);
    address::addresses(seen, &mut all);
    machine::port(seen, &mut all);
    machine::refused(seen, &mut all);
    machine::room(seen, &mut all);
    machine::netbios(seen, &mut all);
    segment::echoes(seen, &mut all);
    segment::netmasks(seen, &mut all);
    segment::workgroups(seen, &mut all);
    segment::alone(seen, &mut all);
    people::present(seen, &mut all);
    people::only_ipv6(seen, &mut all);
    people::clocks(seen, &mut all);
    people::twins(seen, &mut all);
    all
}

/// `a, b and c`.
fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

fn broken(check: &'static str, text: impl Into<String>) -> Finding {
    Finding::new(check, Level::Broken, text)
}

fn warning(check: &'static str, text: impl Into<String>) -> Finding {
    Finding::new(check, Level::Warning, text)
}

fn note(check: &'static str, text: impl Into<String>) -> Finding {
    Finding::new(check, Level::Note, text)
}
