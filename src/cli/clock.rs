//! The clock as the commands read it, and times as they print them.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Local, SecondsFormat, Utc};

use crate::chat::Millis;

/// Now, in milliseconds since 1970-01-01 UTC.
#[allow(clippy::disallowed_methods, reason = "commands stamp what they print and keep, outside the core")]
pub(super) fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}

/// RFC 3339 in UTC with milliseconds, for scripts.
pub(super) fn rfc3339(time: Millis) -> String {
    utc(time).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// `HH:MM` in the user's time zone, for people.
pub(super) fn hour_minute(time: Millis) -> String {
    utc(time).with_timezone(&Local).format("%H:%M").to_string()
}

/// A day and time in the user's time zone, for people.
pub(super) fn day(time: Millis) -> String {
    utc(time).with_timezone(&Local).format("%Y-%m-%d %H:%M").to_string()
}

/// A sender can claim any time: one beyond what a calendar holds is shown as its end.
fn utc(time: Millis) -> DateTime<Utc> {
    let end = DateTime::<Utc>::MAX_UTC;
    i64::try_from(time).ok().and_then(DateTime::from_timestamp_millis).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_for_scripts() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
        assert!(!rfc3339(u64::MAX).is_empty() && !hour_minute(u64::MAX).is_empty());
    }
}
