//! Durations on the command line: `250ms`, `5s`, `1.5s`, `2m`, `1h`.

use std::time::Duration;

/// Longest duration that can be given, in seconds: ten days, so that no deadline overflows.
const LONGEST: f64 = 864_000.0;

/// The duration that `text` means.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let bad = || "give a number and a unit, such as 250ms, 5s, 2m or 1h".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.strip_prefix(digits).unwrap_or_default() {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "" if digits == "0" => 1.0,
        _ => return Err(bad()),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return Err(bad());
    }
    let seconds = digits.parse::<f64>().map_err(|_| bad())? * unit;
    if seconds > LONGEST {
        return Err("at most 240h".to_owned());
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| bad())
}

/// How long ago, which may be more: `30d`.
pub(super) fn parse_ago(text: &str) -> Result<Duration, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u32>().ok());
    match days {
        Some(days) => Ok(Duration::from_secs(u64::from(days) * 86_400)),
        None => parse(text)
            .map_err(|e| e.replace("2m or 1h", "2m, 1h or 30d").replace("240h", "240h; or days: 30d")),
    }
}

/// A duration as a user would write it.
pub(super) fn show(duration: Duration) -> String {
    if duration.subsec_nanos() == 0 { format!("{} s", duration.as_secs()) } else { format!("{duration:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write() {
        for (text, millis) in [
            ("5s", 5000),
            ("250ms", 250),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("1.5s", 1500),
            ("0", 0),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_they_should_not() {
        for text in
            ["", "5", "s", "-5s", "5 s", "5d", "1e3s", "infs", "NaNs", ".s", "1..2s", "9999999h", "5S"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
