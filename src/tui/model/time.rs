//! Times as they are shown: minutes and days where the user is.

use chrono::DateTime;

use crate::chat::Millis;
use crate::text::SafeText;

/// A moment on the user's clock, in seconds since 1970-01-01 local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(i64);

impl Stamp {
    /// `at`, where clocks are `utc_offset` seconds ahead of UTC.
    pub fn new(at: Millis, utc_offset: i32) -> Self {
        Self(i64::try_from(at / 1000).unwrap_or(i64::MAX / 2) + i64::from(utc_offset))
    }

    /// Seconds since `earlier`, 0 if that is not earlier.
    pub fn since(self, earlier: Self) -> u64 {
        u64::try_from(self.0 - earlier.0).unwrap_or(0)
    }

    /// Minutes since 1970.
    pub fn minute(self) -> i64 {
        self.0.div_euclid(60)
    }

    /// Days since 1970.
    pub fn day(self) -> i64 {
        self.0.div_euclid(86_400)
    }

    /// `HH:MM`.
    pub fn clock(self) -> String {
        let minute = self.minute().rem_euclid(1440);
        format!("{:02}:{:02}", minute / 60, minute % 60)
    }

    /// `HH:MM:SS`.
    pub fn exact(self) -> String {
        format!("{}:{:02}", self.clock(), self.0.rem_euclid(60))
    }

    /// `HH:MM` on the day of `now`, `20 Nov` within about a year, else `2026-11-20`.
    pub fn brief(self, now: Self) -> String {
        let date = DateTime::from_timestamp(self.0, 0).unwrap_or_default();
        match now.day() - self.day() {
            0 => self.clock(),
            -300..=300 => date.format("%-d %b").to_string(),
            _ => date.format("%Y-%m-%d").to_string(),
        }
    }

    /// `Friday, 20 November 2026`.
    pub fn date(self) -> SafeText {
        let date = DateTime::from_timestamp(self.0, 0).unwrap_or_default();
        SafeText::line(&date.format("%A, %-d %B %Y").to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_minutes_and_days_of_the_place() {
        let at = 1_795_219_140_000; // 2026-11-20 23:59 UTC
        let (here, east) = (Stamp::new(at, 0), Stamp::new(at, 3600));
        assert_eq!((here.clock(), here.date().as_str()), ("23:59".to_owned(), "Friday, 20 November 2026"));
        assert_eq!((east.clock(), east.day() - here.day()), ("00:59".to_owned(), 1));
        let (tomorrow, later) = (Stamp::new(at + 90_000_000, 0), Stamp::new(2 * at, 0));
        assert_eq!(
            (here.brief(here), here.brief(tomorrow), here.brief(later)),
            ("23:59".to_owned(), "20 Nov".to_owned(), "2026-11-20".to_owned())
        );
        assert_eq!(Stamp::new(u64::MAX, 0).clock().len(), 5);
    }
}
