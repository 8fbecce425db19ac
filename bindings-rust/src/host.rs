//! What the two kinds of relying party do differently: they send, wait and remember.

use relyingparty::{Flow, LoginMissing, Step};

use crate::Error;
use crate::config::Clock;
use crate::flight::{End, Flight};
use crate::party::Shared;
use crate::site::ground::{Answers, Spoken};

/// What a flow is driven with.
#[derive(Clone, Copy)]
pub(crate) struct Driven<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) clock: &'a Clock,
}

/// Answers what the core asks for. The futures of a blocking host are ready when they are made.
pub(crate) trait Host: Send + Sync + Sized {
    /// A store of sessions that it can ask.
    type Sessions: ?Sized + Send + Sync;

    fn drive<F>(
        &self,
        with: Driven<'_>,
        step: Step<F>,
    ) -> impl Future<Output = Result<F::Output, relyingparty::Error>> + Send
    where
        F: Flow + Send + Sync,
        F::Output: Send;

    /// The same for a flow of a site: each question goes to the relying party that it speaks for, or to the store.
    fn drive_site<T: Send + 'static>(
        with: Driven<'_>,
        step: Step<Spoken<T>>,
        answers: &Answers<'_, Self>,
    ) -> impl Future<Output = Result<T, relyingparty::Error>> + Send;

    /// What came of the work of somebody else; not when that takes longer than `seconds`.
    fn ended<T: Clone + Send>(&self, flight: &Flight<T>, seconds: u32)
    -> impl Future<Output = End<T>> + Send;

    /// Whether it notices when those seconds are over.
    fn has_timer(&self) -> bool;

    fn put(
        &self,
        id: String,
        pending: String,
        max_age: u32,
    ) -> impl Future<Output = Result<(), Error>> + Send;
    fn take(&self, id: String) -> impl Future<Output = Result<Option<String>, Error>> + Send;
    fn begun(&self, handle: String, max_age: u32) -> impl Future<Output = Result<(), Error>> + Send;
    fn used(&self, handle: String) -> impl Future<Output = Result<(), Error>> + Send;
    fn why_missing(&self, handle: String)
    -> impl Future<Output = Result<Option<LoginMissing>, Error>> + Send;

    fn has_client_cert(&self) -> bool;
    fn has_signer(&self) -> bool;
    fn has_assertions(&self) -> bool;
}
