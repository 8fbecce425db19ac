//! Dates of HTTP (RFC 9110 5.6.7), in the one form that may be sent.

use crate::text::Timestamp;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The moment of `Sun, 06 Nov 1994 08:49:37 GMT`. The name of the day is not compared.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let (_, rest) = text.trim().split_once(", ")?;
    let mut parts = rest.split(' ');
    let day = number(parts.next()?, 2).filter(|day| (1..=31).contains(day))?;
    let name = parts.next()?;
    let month = MONTHS.iter().position(|month| *month == name).and_then(|month| i64::try_from(month).ok())?;
    let year = number(parts.next()?, 4)?;
    let mut clock = parts.next()?.split(':');
    let mut seconds = 0_i64;
    for most in [23, 59, 60] {
        let number = number(clock.next()?, 2).filter(|number| *number <= most)?;
        seconds = seconds.checked_mul(60)?.checked_add(number)?;
    }
    if parts.next() != Some("GMT") || parts.next().is_some() || clock.next().is_some() {
        return None;
    }
    let days = days(year, month, day)?;
    Some(Timestamp::from_unix(days.checked_mul(86_400)?.checked_add(seconds)?))
}

/// Exactly so many digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Days from 1970-01-01 to a day of the Gregorian calendar; months count from 0. Years begin in March here, so that the day
/// that only some have is their last.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let (year, month) = if month < 2 {
        (year.checked_sub(1)?, month.checked_add(10)?)
    } else {
        (year, month.checked_sub(2)?)
    };
    let leap_days =
        year.div_euclid(4).checked_sub(year.div_euclid(100))?.checked_add(year.div_euclid(400))?;
    // Months of 31, 30, 31, 30, 31 days, again and again.
    let before = month.checked_mul(153)?.checked_add(2)?.div_euclid(5);
    let since_march = before.checked_add(day)?.checked_sub(1)?;
    year.checked_mul(365)?.checked_add(leap_days)?.checked_add(since_march)?.checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unix(text: &str) -> Option<i64> {
        parse(text).map(Timestamp::as_unix)
    }

    #[test]
    fn dates_are_read_as_they_are_meant() {
        assert_eq!(unix("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(unix("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(unix("Thu, 29 Feb 2024 23:59:60 GMT"), Some(1_709_251_200));
        assert_eq!(unix("Fri, 01 Mar 2024 00:00:00 GMT"), Some(1_709_251_200));
        assert_eq!(unix("Mon, 01 Mar 2100 00:00:00 GMT"), Some(4_107_542_400));
        assert_eq!(unix("Fri, 31 Dec 9999 23:59:59 GMT"), Some(253_402_300_799));
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut expected = days(1999, 0, 1).unwrap();
        for year in 1999..2105_i64 {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            for (month, length) in
                [31, 28 + i64::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].into_iter().enumerate()
            {
                for day in 1..=length {
                    assert_eq!(
                        days(year, month.try_into().unwrap(), day),
                        Some(expected),
                        "{year} {month} {day}"
                    );
                    expected += 1;
                }
            }
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "now",
            "Sun Nov  6 08:49:37 1994",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 08:49:37:00 GMT",
            "Sun, 06 Nov +994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT GMT",
        ] {
            assert_eq!(unix(text), None, "{text}");
        }
    }
}
