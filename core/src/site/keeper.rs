//! Sealed values: what a browser or a store holds, for one purpose and under one name.

use alloc::string::String;

use zeroize::Zeroizing;

use crate::jose::sealed;
use crate::report::{Error, ErrorKind};
use crate::site::Site;
use crate::text::Entropy;

/// What a value is sealed for. A value of one purpose opens for no other.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    /// A login in progress, in its cookie.
    Login,
    /// A session in the cookies of its browser.
    Session,
    /// A session in the store.
    Stored,
    /// A logout in progress, in its cookie.
    Logout,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Purpose::Login => "site/login",
            Purpose::Session => "site/session",
            Purpose::Stored => "site/stored",
            Purpose::Logout => "site/logout",
        }
    }
}

impl Site {
    /// Seals a text for the place of this name.
    pub(super) fn seal(
        &self,
        purpose: Purpose,
        name: &str,
        text: &str,
        entropy: Entropy,
    ) -> Result<String, Error> {
        sealed::seal(&self.0.keys, purpose.as_str(), &[name, &self.0.base], text, entropy)
            .ok_or_else(|| ErrorKind::UnreadableSession.with(["too long to be sealed"]))
    }

    /// Opens what was sealed for the place of this name, at this site.
    pub(super) fn open(&self, purpose: Purpose, name: &str, sealed: &str) -> Option<Zeroizing<String>> {
        let text = sealed::open(&self.0.keys, purpose.as_str(), &[name, &self.0.base], sealed)?;
        core::str::from_utf8(&text).ok().map(|text| Zeroizing::new(text.into()))
    }
}
