//! Every operation as one type, for hosts that cannot be generic: the bindings.

use alloc::boxed::Box;

#[cfg(feature = "signing")]
use crate::login::{ApiResponse, Authorization, AuthorizationCode, Call, Push, SignedCallback};
use crate::login::{
    Exchange, Refresh, RefreshedGrant, Restoration, Session, TokenRefresh, UserInfo, UserInfoFetch,
    Verification,
};
#[cfg(feature = "logout")]
use crate::logout::{LogoutVerification, Revocation, Revoked};
use crate::machine::cache::Cache;
use crate::machine::flow::{Flow, Reply, Request, Step};
use crate::provider::{Discovery, KeyRefresh, KeyReport, Provider};
use crate::report::Error;
#[cfg(feature = "setup")]
use crate::setup::{SetupCheck, SetupReport};
#[cfg(feature = "site")]
use crate::site::{Handled, Handling, Visit, Visiting};
use crate::text::time::Timestamp;
#[cfg(feature = "logout")]
use crate::token::LogoutToken;
use crate::token::claims::IdTokenClaims;

/// What an operation yields.
#[doc(hidden)]
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// Of [`Push`].
    #[cfg(feature = "signing")]
    Authorization(Authorization),
    /// Of [`SignedCallback`].
    #[cfg(feature = "signing")]
    Code(AuthorizationCode),
    /// Of [`Call`].
    #[cfg(feature = "signing")]
    Answer(ApiResponse),
    /// Of [`Discovery`].
    Provider(Provider),
    /// Of [`KeyRefresh`].
    Keys(KeyReport),
    /// Of [`Exchange`], [`Refresh`] and [`Restoration`].
    Session(Session),
    /// Of [`UserInfoFetch`].
    UserInfo(UserInfo),
    /// Of [`TokenRefresh`].
    Grant(RefreshedGrant),
    /// Of [`Verification`].
    Claims(IdTokenClaims),
    /// Of [`LogoutVerification`].
    #[cfg(feature = "logout")]
    LogoutToken(LogoutToken),
    /// Of [`Revocation`].
    #[cfg(feature = "logout")]
    Revoked(Revoked),
    /// Of [`SetupCheck`].
    #[cfg(feature = "setup")]
    Setup(SetupReport),
    /// Of [`Handling`].
    #[cfg(feature = "site")]
    Handled(Handled),
    /// Of [`Visiting`].
    #[cfg(feature = "site")]
    Visit(Visit),
}

macro_rules! erase {
    ($($(#[$when:meta])* $flow:ident => $outcome:ident;)+) => {
        /// Any operation, suspended on its request.
        #[doc(hidden)]
        #[derive(Debug)]
        #[non_exhaustive]
        pub enum AnyFlow {
            $($(#[$when])* #[doc = concat!("A [`", stringify!($flow), "`](crate::", stringify!($flow), ").")] $flow(Box<$flow>),)+
        }

        $(
            $(#[$when])*
            impl Step<$flow> {
                /// The same step, its type forgotten.
                #[doc(hidden)]
                pub fn erase(self) -> Step<AnyFlow> {
                    match self {
                        Step::Pending(flow) => Step::Pending(AnyFlow::$flow(Box::new(flow))),
                        Step::Done(output) => Step::Done(Outcome::$outcome(output)),
                    }
                }
            }
        )+

        impl Flow for AnyFlow {
            type Output = Outcome;

            fn request(&self) -> &Request {
                match self { $($(#[$when])* AnyFlow::$flow(flow) => flow.request(),)+ }
            }

            fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
                match self { $($(#[$when])* AnyFlow::$flow(flow) => flow.resume(reply, cache, now).map(Step::<$flow>::erase),)+ }
            }
        }
    };
}

erase! {
    #[cfg(feature = "signing")]
    Push => Authorization;
    #[cfg(feature = "signing")]
    SignedCallback => Code;
    #[cfg(feature = "signing")]
    Call => Answer;
    Discovery => Provider;
    KeyRefresh => Keys;
    Exchange => Session;
    Refresh => Session;
    Restoration => Session;
    TokenRefresh => Grant;
    UserInfoFetch => UserInfo;
    Verification => Claims;
    #[cfg(feature = "logout")]
    LogoutVerification => LogoutToken;
    #[cfg(feature = "logout")]
    Revocation => Revoked;
    #[cfg(feature = "setup")]
    SetupCheck => Setup;
    #[cfg(feature = "site")]
    Handling => Handled;
    #[cfg(feature = "site")]
    Visiting => Visit;
}

#[cfg(feature = "site")]
impl AnyFlow {
    /// The name of the provider whose client asks, if this is a flow of a site ([`Sequence::provider`](crate::Sequence::provider)).
    pub fn provider(&self) -> Option<alloc::string::String> {
        match self {
            AnyFlow::Handling(flow) => flow.provider(),
            AnyFlow::Visiting(flow) => flow.provider(),
            _ => None,
        }
    }
}
