//! The standard claims (OIDC Core 5.1): one table of names and types. Each is checked when it is read, and one of another
//! type is absent. JavaScript reads claims as members of an object: `bindings-wasm/js/claims.js` has the same table, and
//! `conformance/vectors/standard_claims.json` holds both to the same.

use alloc::string::String;

use serde_json::{Map, Value};

use crate::text::Timestamp;
use crate::text::json::{Json, Object, Round, seconds};

/// Hands the table to a macro, after its other arguments.
macro_rules! standard_claims {
    ($make:ident $(, $($args:tt)+)?) => {
        $make! {
            [$($($args)+)?]
            /// The end user's full name, as it is to be displayed.
            name: Text;
            /// The given names or first names.
            given_name: Text;
            /// The surnames or last names.
            family_name: Text;
            /// The middle names.
            middle_name: Text;
            /// A casual name.
            nickname: Text;
            /// What the end user wants to be called. It is not unique and can change: never look a user up by it.
            preferred_username: Text;
            /// The URL of the profile page. Text from outside.
            profile: Text;
            /// The URL of the profile picture. Text from outside.
            picture: Text;
            /// The URL of the end user's own page or blog. Text from outside.
            website: Text;
            /// The preferred e-mail address. It is not unique and can change: never look a user up by it. See `email_verified`.
            email: Text;
            /// Whether the provider vouches for `email`: only a JSON `true` counts.
            email_verified: Flag;
            /// The gender: `female`, `male` or another word.
            gender: Text;
            /// The birthday: `YYYY-MM-DD`, `0000-MM-DD` without a year, or `YYYY` alone.
            birthdate: Text;
            /// The time zone, such as `Europe/Paris`.
            zoneinfo: Text;
            /// The language, such as `en-US`.
            locale: Text;
            /// The preferred telephone number, such as `+1 (425) 555-1212`. See `phone_number_verified`.
            phone_number: Text;
            /// Whether the provider vouches for `phone_number`: only a JSON `true` counts.
            phone_number_verified: Flag;
            /// The preferred postal address.
            address: Address;
            /// When the end user's information was last updated.
            updated_at: Time;
        }
    };
}

/// Gives a type the accessors: it has `get` and `object`.
macro_rules! standard_accessors {
    ([$of:ty] $($(#[$doc:meta])+ $name:ident: $kind:ident;)+) => {
        /// The standard claims (OIDC Core 5.1). A claim of another type reads as absent; `get` has it as it came.
        impl $of {
            $(standard_accessors! { @ $kind $name $(#[$doc])+ })+
        }
    };
    (@ Text $name:ident $(#[$doc:meta])+) => {
        $(#[$doc])+
        pub fn $name(&self) -> Option<&str> {
            self.get(stringify!($name))?.as_str()
        }
    };
    (@ Flag $name:ident $(#[$doc:meta])+) => {
        $(#[$doc])+
        pub fn $name(&self) -> bool {
            $crate::token::standard::is_true(&self.object(), stringify!($name))
        }
    };
    (@ Address $name:ident $(#[$doc:meta])+) => {
        $(#[$doc])+
        pub fn $name(&self) -> Option<$crate::token::standard::Address<'_>> {
            self.get(stringify!($name))?.as_object().map($crate::token::standard::Address)
        }
    };
    (@ Time $name:ident $(#[$doc:meta])+) => {
        $(#[$doc])+
        pub fn $name(&self) -> Option<$crate::text::Timestamp> {
            $crate::token::standard::time(&self.object(), stringify!($name))
        }
    };
}

pub(crate) use {standard_accessors, standard_claims};

/// A postal address (OIDC Core 5.1.1). A member of another type reads as absent.
#[derive(Clone, Copy)]
pub struct Address<'a>(pub(crate) &'a Map<String, Value>);

impl<'a> Address<'a> {
    /// The whole address as on a label, with line breaks.
    pub fn formatted(&self) -> Option<&'a str> {
        self.text("formatted")
    }

    /// Street, house number and the like, possibly on several lines.
    pub fn street_address(&self) -> Option<&'a str> {
        self.text("street_address")
    }

    /// The city.
    pub fn locality(&self) -> Option<&'a str> {
        self.text("locality")
    }

    /// The state, province or region.
    pub fn region(&self) -> Option<&'a str> {
        self.text("region")
    }

    /// The postal code.
    pub fn postal_code(&self) -> Option<&'a str> {
        self.text("postal_code")
    }

    /// The country's name.
    pub fn country(&self) -> Option<&'a str> {
        self.text("country")
    }

    fn text(self, member: &str) -> Option<&'a str> {
        self.0.get(member)?.as_str()
    }
}

impl core::fmt::Debug for Address<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Address")
    }
}

/// Whether a claim is a JSON `true`.
pub(crate) fn is_true(claims: &Object<'_>, claim: &str) -> bool {
    matches!(claims.get(claim), Some(Json::Bool(true)))
}

/// A claim that is a time in seconds.
pub(crate) fn time(claims: &Object<'_>, claim: &str) -> Option<Timestamp> {
    match claims.get(claim)? {
        Json::Number(number) => seconds(number, Round::Down).map(Timestamp::from_unix),
        _ => None,
    }
}
