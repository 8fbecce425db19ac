//! What the host sends to the browser, and what it learns itself.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::login::Session;
use crate::logout::Logout;
use crate::machine::Sequence;
use crate::report::Error;

/// A response for the browser. It has no body but a [form](Answer::form): where a status is shown to a visitor, the page is the application's.
#[derive(Clone)]
#[non_exhaustive]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, with `Set-Cookie` once for each cookie.
    pub headers: Vec<(String, String)>,
    /// What to show instead of nothing: a page that posts these `fields` to this `url`, the provider's. A logout whose URL would be too
    /// long is such a form; the status is 200.
    pub form: Option<Logout>,
}

/// A request to a route, suspended on what it asks of the host.
pub type Handling = Sequence<Handled>;

/// The question whose request it is, suspended on what it asks of the host.
pub type Visiting = Sequence<Visit>;

/// What became of a request to a route.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Handled {
    /// What to send to the browser.
    pub answer: Answer,
    /// What happened, if anything did.
    pub event: Option<Event>,
}

/// Something that an application may want to know.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A user logged in.
    LoggedIn {
        /// The name of the provider.
        provider: String,
        /// The session.
        session: Session,
    },
    /// A session was refreshed.
    SessionChanged {
        /// The session as it is now.
        session: Session,
    },
    /// A user logged out, here or at the provider.
    LoggedOut {
        /// The session that was ended, if it is known.
        session: Option<Session>,
        /// Why the provider was not told, if it should have been.
        error: Option<Error>,
    },
    /// The provider takes the refresh token no longer: the session is over. This is told once.
    SessionEnded {
        /// What the provider said.
        error: Error,
    },
    /// A login or a logout failed.
    Failed {
        /// Why.
        error: Error,
    },
}

/// Whose request it is.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Visit {
    /// The session. `None`: nobody is logged in.
    pub session: Option<Session>,
    /// The name of the session's provider.
    pub provider: Option<String>,
    /// Values of `Set-Cookie` headers to send with the response to this request.
    pub set_cookies: Vec<String>,
    /// What happened, if anything did.
    pub event: Option<Event>,
    /// Why a session could not be refreshed now. If its access token still lives it is in `session`; else nobody is, but the
    /// session is kept: a later request may find it again.
    pub error: Option<Error>,
}

impl Handled {
    pub(super) fn status(status: u16) -> Handled {
        let answer = Answer { status, headers: Vec::new(), form: None };
        Handled { answer, event: None }.with_header("Cache-Control", "no-store")
    }

    /// Sends the browser to another page.
    pub(super) fn redirect(url: &str) -> Handled {
        Handled::status(303).with_header("Location", url).with_header("Referrer-Policy", "no-referrer")
    }

    /// Sends the browser to the provider to log out there.
    pub(super) fn log_out(logout: Logout) -> Handled {
        if logout.fields.is_none() {
            return Handled::redirect(&logout.url);
        }
        let mut handled = Handled::status(200);
        handled.answer.form = Some(logout);
        handled
    }

    pub(super) fn with_header(mut self, name: &str, value: &str) -> Handled {
        self.answer.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn with_cookies(self, set_cookies: Vec<String>) -> Handled {
        set_cookies.into_iter().fold(self, |handled, cookie| handled.with_header("Set-Cookie", &cookie))
    }

    pub(super) fn with_event(mut self, event: Event) -> Handled {
        self.event = Some(event);
        self
    }
}

impl Answer {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({})", self.status)
    }
}
