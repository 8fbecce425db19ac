//! One login from end to end without a browser.

use conformance::browser::{Browser, Stuck};
use relyingparty::Session;

use crate::failure::Failure;
use crate::journal::Journal;
use crate::options::Options;
use crate::party::Party;
use crate::settings::Settings;
use crate::{PORT, REDIRECT_PATH, embedded, runtime};

/// How a login went.
pub(crate) struct Login {
    pub(crate) journal: Journal,
    pub(crate) notes: Vec<String>,
    pub(crate) result: Result<Session, Failure>,
}

pub(crate) fn run(options: &Options) -> Login {
    let mut login = Login {
        journal: Journal::default(),
        notes: Vec::new(),
        result: Err(Failure::demo("not_started", "the login has not begun")),
    };
    login.result = runtime().and_then(|runtime| {
        // Nobody listens there: the way back is taken from the redirect.
        let origin = format!("http://127.0.0.1:{PORT}");
        let settings = match &options.config {
            Some(file) => Settings::read(file)?,
            None => embedded::start(&runtime, &origin)?,
        };
        login.notes.clone_from(&settings.notes);
        let redirect_uri = settings.redirect_uri.clone().unwrap_or_else(|| origin + REDIRECT_PATH);
        log_in(&settings, &redirect_uri, &mut login.journal)
    });
    login
}

fn log_in(settings: &Settings, redirect_uri: &str, journal: &mut Journal) -> Result<Session, Failure> {
    let party = Party::new(settings, redirect_uri)?;
    let authorization = party.start(journal)?;
    let back =
        Browser::new(party.transport().ca_pem()).follow(&authorization.url, redirect_uri).map_err(stuck)?;
    journal.note("Here the user signed in and agreed; the demo filled in the forms.");
    let query = back.split_once('?').map_or("", |(_, query)| query);
    let session = party.finish(authorization.pending, query, journal)?;
    party.userinfo(&session, journal)?;
    match session.refresh_token() {
        _ if !settings.do_refresh => Ok(session),
        Some(_) => party.refresh(&session, journal),
        None => {
            journal.note(
                "No refresh: the provider gave no refresh token. Many give one for the scope offline_access.",
            );
            Ok(session)
        }
    }
}

fn stuck(stuck: Stuck) -> Failure {
    let mut failure = Failure::demo("sign_in_page", format!("the sign-in did not come through at {stuck}"));
    failure.hint = Some("log in by hand: run cargo demo without --headless".into());
    failure
}
