//! A request with which the client says who it is, and proves that it has its key.
//!
//! ```text
//!            ┌────────────────────── a nonce is asked for, once ─────────────────────┐
//!            ▼                                                                       │
//! start ── an assertion (its own or the host's) ── a DPoP proof ── the request ── response ──▶ Break(response)
//! ```
//! Each attempt has an assertion and a proof of its own: neither is sent twice. What needs neither is sent as it is.

use core::ops::ControlFlow;

#[cfg(feature = "signing")]
use alloc::boxed::Box;

#[cfg(feature = "signing")]
use crate::grants::proving::{Asking, Proving};
use crate::machine::{Cache, HttpRequest, HttpResponse, Reply, Request};
use crate::report::{Error, Trace};
use crate::text::time::Timestamp;

/// A request under way, or what has to be there before it is.
#[derive(Debug)]
pub(crate) struct Proven {
    request: Request,
    #[cfg(feature = "signing")]
    proving: Option<Box<Proving>>,
}

/// What came of a reply: the response, or a request that waits on.
pub(crate) type Proceeding = ControlFlow<HttpResponse, Proven>;

impl Proven {
    /// A request that needs nothing else.
    pub(crate) fn plain(request: HttpRequest) -> Proven {
        Proven {
            request: Request::Http(request),
            #[cfg(feature = "signing")]
            proving: None,
        }
    }

    /// A request that proves something before it is sent.
    #[cfg(feature = "signing")]
    pub(super) fn proving((request, proving): Asking) -> Proven {
        Proven { request, proving: Some(proving) }
    }

    pub(crate) fn request(&self) -> &Request {
        &self.request
    }

    #[cfg_attr(not(feature = "signing"), allow(unused_variables))]
    pub(crate) fn resume(
        self,
        reply: Reply,
        cache: &mut Cache,
        now: Timestamp,
        trace: &mut Trace,
    ) -> Result<Proceeding, Error> {
        #[cfg(feature = "signing")]
        if let Some(proving) = self.proving {
            let proceeding = proving.resume(self.request, reply, cache, now, trace)?;
            return Ok(proceeding.map_continue(Proven::proving));
        }
        reply.http(&self.request).map(ControlFlow::Break)
    }
}
