//! Numbers as their digits say, without the rounding of a float.

/// Which way a fraction of a second goes: always the stricter.
#[derive(Clone, Copy)]
pub(crate) enum Round {
    Down,
    Up,
}

/// The last second of the year 9999.
const LAST: i64 = 253_402_300_799;

/// A number of seconds from 0 to the end of the year 9999 out of a JSON number.
pub(crate) fn seconds(number: &str, round: Round) -> Option<i64> {
    let (negative, magnitude) = match number.strip_prefix('-') {
        Some(magnitude) => (true, magnitude),
        None => (false, number),
    };
    let (mantissa, exponent) = match magnitude.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (magnitude, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    // How many digits stand before the point once the exponent has moved it.
    let before = i64::try_from(whole.len()).ok()?.saturating_add(exponent);
    let (mut value, mut rest, mut position) = (0_i64, false, 0_i64);
    for digit in whole.bytes().chain(fraction.bytes()).filter_map(|digit| char::from(digit).to_digit(10)) {
        if position < before {
            value = value.checked_mul(10)?.checked_add(i64::from(digit))?;
        } else {
            rest |= digit != 0;
        }
        position = position.saturating_add(1);
    }
    while position < before && value != 0 {
        value = value.checked_mul(10)?;
        position = position.saturating_add(1);
    }
    if negative && (value != 0 || rest) {
        return None;
    }
    let rounded = value.saturating_add(i64::from(rest && matches!(round, Round::Up)));
    (value < LAST || (value == LAST && !rest)).then_some(rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_in_every_spelling() {
        for spelling in ["1800000000", "1.8e9", "18E8", "1800000000.000", "18000000000e-1", "0.18e+10"] {
            assert_eq!(seconds(spelling, Round::Up), Some(1_800_000_000), "{spelling}");
        }
        for zero in ["0", "-0", "0.0", "-0.0e5", "0e250"] {
            assert_eq!(seconds(zero, Round::Up), Some(0), "{zero}");
        }
    }

    #[test]
    fn a_fraction_goes_the_stricter_way() {
        for fraction in ["1800000000.5", "1800000000.000000000001", "18000000005e-1", "1.8000000001e9"] {
            assert_eq!(seconds(fraction, Round::Down), Some(1_800_000_000), "{fraction}");
            assert_eq!(seconds(fraction, Round::Up), Some(1_800_000_001), "{fraction}");
        }
        assert_eq!(seconds("1e-200", Round::Up), Some(1));
        assert_eq!(seconds("1e-200", Round::Down), Some(0));
    }

    #[test]
    fn only_times_that_exist_count() {
        assert_eq!(seconds("253402300799", Round::Up), Some(LAST));
        for impossible in
            ["253402300800", "253402300799.5", "-1", "-0.1", "1800000000000", "1e300", "9223372036854775808"]
        {
            assert_eq!(seconds(impossible, Round::Up), None, "{impossible}");
        }
    }
}
