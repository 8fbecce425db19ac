//! Every operation as one type, for hosts that cannot be generic: the bindings.

use alloc::boxed::Box;

use crate::cache::Cache;
use crate::claims::IdTokenClaims;
use crate::error::Error;
use crate::flow::{Flow, Reply, Request, Step};
use crate::flows::{
    Exchange, KeyRefresh, KeyReport, Refresh, Restoration, UserInfo, UserInfoFetch, Verification,
};
use crate::provider::{Discovery, Provider};
use crate::session::Session;
use crate::time::Timestamp;

/// What an operation yields.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// Of [`Discovery`].
    Provider(Provider),
    /// Of [`KeyRefresh`].
    Keys(KeyReport),
    /// Of [`Exchange`], [`Refresh`] and [`Restoration`].
    Session(Session),
    /// Of [`UserInfoFetch`].
    UserInfo(UserInfo),
    /// Of [`Verification`].
    Claims(IdTokenClaims),
}

macro_rules! erase {
    ($($flow:ident => $outcome:ident;)+) => {
        /// Any operation, suspended on its request.
        #[derive(Debug)]
        #[non_exhaustive]
        pub enum AnyFlow {
            $(#[doc = concat!("A [`", stringify!($flow), "`](crate::", stringify!($flow), ").")] $flow(Box<$flow>),)+
        }

        $(
            impl Step<$flow> {
                /// The same step, its type forgotten.
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
                match self { $(AnyFlow::$flow(flow) => flow.request(),)+ }
            }

            fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
                match self { $(AnyFlow::$flow(flow) => flow.resume(reply, cache, now).map(Step::<$flow>::erase),)+ }
            }
        }
    };
}

erase! {
    Discovery => Provider;
    KeyRefresh => Keys;
    Exchange => Session;
    Refresh => Session;
    Restoration => Session;
    UserInfoFetch => UserInfo;
    Verification => Claims;
}
