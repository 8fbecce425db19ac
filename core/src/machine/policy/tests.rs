use super::*;

#[test]
fn the_preset_is_that_of_openidconnect_jl() {
    let policy = Policy::from_json(r#"{"preset":"openidconnect_jl","key_refresh_secs":1800}"#).unwrap();
    assert_eq!(
        (policy.state_timeout_secs, policy.allowed_skew_secs, policy.key_refresh_secs),
        (60, 120, 1_800)
    );
    assert_eq!(Policy::openidconnect_jl().key_refresh_secs, 3_600);
}

#[test]
fn b8_each_number_is_bounded_on_both_sides() {
    for Number { name: member, minimum, maximum, .. } in NUMBERS {
        let with = |value: u32| {
            Policy::from_json(&format!(r#"{{"{member}":{value}}}"#))
                .unwrap()
                .check()
                .map_err(|error| error.code())
        };
        assert_eq!((with(*minimum), with(*maximum)), (Ok(()), Ok(())), "{member}");
        assert_eq!(with(maximum + 1), Err("policy_out_of_range"), "{member}");
        if let Some(below) = minimum.checked_sub(1) {
            assert_eq!(with(below), Err("policy_out_of_range"), "{member}");
        }
    }
}

#[test]
fn what_is_misspelt_is_refused() {
    for text in [
        r#"{"state_timeout":60}"#,
        r#"{"preset":"x"}"#,
        r#"{"allowed_skew_secs":"60"}"#,
        r#"{"allowed_skew_secs":-1}"#,
        r#"{"allowed_skew_secs":null}"#,
        r#"{"signatures":"nobody"}"#,
        r#"{"record_decisions":1}"#,
        "[]",
        "{",
    ] {
        assert_eq!(Policy::from_json(text).unwrap_err().code(), "invalid_configuration", "{text}");
    }
}

#[test]
fn cache_control_is_kept_within_bounds() {
    let policy = Policy::default();
    assert_eq!(
        [None, Some(0), Some(90), Some(u32::MAX)].map(|age| policy.fresh_age(age)),
        [600, 60, 90, 86_400]
    );
}
