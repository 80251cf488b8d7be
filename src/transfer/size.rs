//! Sizes for people.

/// A number of bytes: `999 B`, `1.2 MB`.
pub fn bytes(count: u64) -> String {
    let (mut unit, mut value, mut rest) = ("B", count, 0);
    for next in ["kB", "MB", "GB", "TB", "PB"] {
        if value < 1000 {
            break;
        }
        (unit, rest, value) = (next, value % 1000 / 100, value / 1000);
    }
    if unit == "B" || value >= 100 { format!("{value} {unit}") } else { format!("{value}.{rest} {unit}") }
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_are_short() {
        for (count, text) in
            [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_299_999, "1.2 MB"), (250_000_000, "250 MB")]
        {
            assert_eq!(super::bytes(count), text);
        }
    }
}
