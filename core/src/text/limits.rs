//! Limits as sizes.

/// A limit of the policy as a size.
pub(crate) fn size(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
