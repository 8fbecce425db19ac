//! The sessions that an application keeps in tower-sessions: each belongs to the user who is logged in.

use std::task::{Context, Poll};

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use relyingparty::{Event, Session, Visit};
use sha2::{Digest, Sha256};
use tower_layer::{Layer, Stack};
use tower_service::Service;
use tower_sessions_core::session::{Error, Session as Kept};

use super::axum::Visited;
use super::{Site, SiteLayer};
use crate::BoxFuture;

/// Where an application's session says whose it is.
const USER: &str = "relyingparty.user";

impl Site {
    /// [`layer`](Site::layer) for an application that keeps sessions of its own in tower-sessions, below its `SessionManagerLayer`.
    ///
    /// What is in such a session belongs to one user of the site. What nobody's had in it when a user logs in stays, under a new id, so
    /// that nobody else knows it (session fixation). Once that user has logged out, here or at the provider, or somebody else logged in,
    /// it is emptied and has a new id, before a handler sees it. While nobody can say whose request it is it stays as it is: where the
    /// store of the site fails, or a session could not be refreshed now. Where the application's store fails the response is 503.
    #[must_use]
    pub fn tower_sessions_layer(&self) -> Stack<UserSessionsLayer, SiteLayer> {
        Stack::new(UserSessionsLayer(()), self.layer())
    }
}

/// What binds the sessions of tower-sessions to users: of [`Site::tower_sessions_layer`].
#[derive(Clone, Debug)]
pub struct UserSessionsLayer(());

/// A service with a [`UserSessionsLayer`] around.
#[derive(Clone, Debug)]
pub struct UserSessions<S>(S);

impl<S> Layer<S> for UserSessionsLayer {
    type Service = UserSessions<S>;

    fn layer(&self, inner: S) -> UserSessions<S> {
        UserSessions(inner)
    }
}

impl<S> Service<Request> for UserSessions<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // The one that is ready, not the clone.
        let fresh = self.0.clone();
        let mut inner = std::mem::replace(&mut self.0, fresh);
        Box::pin(async move {
            let Some(kept) = request.extensions().get::<Kept>().cloned() else {
                let missing = "there is no SessionManagerLayer around this route";
                return Ok((StatusCode::INTERNAL_SERVER_ERROR, missing).into_response());
            };
            let user = request.extensions().get().map_or(User::Unknown, User::of);
            if settle(&kept, &user).await.is_err() {
                let no_store = [(header::CACHE_CONTROL, "no-store")];
                return Ok((StatusCode::SERVICE_UNAVAILABLE, no_store).into_response());
            }
            let response = inner.call(request).await?;
            let user = response.extensions().get().and_then(User::after).unwrap_or(user);
            // What fails now is made good before the next handler.
            let _ = settle(&kept, &user).await;
            Ok(response)
        })
    }
}

/// Whose request it is.
enum User {
    /// That of whoever has this mark.
    Known(String),
    /// Of nobody; of nobody any more, if it was that of whoever has this mark.
    Nobody(Option<String>),
    Unknown,
}

impl User {
    fn of(visited: &Visited) -> User {
        match visited.outcome.as_deref() {
            Ok(Visit { session: Some(session), .. }) => User::Known(mark(session)),
            Ok(Visit { error: None, .. }) => User::Nobody(None),
            _ => User::Unknown,
        }
    }

    /// What a route made of it.
    fn after(event: &Event) -> Option<User> {
        match event {
            Event::LoggedIn { session, .. } => Some(User::Known(mark(session))),
            Event::LoggedOut { session: Some(session), .. } => Some(User::Nobody(Some(mark(session)))),
            _ => None,
        }
    }
}

/// A text that is the user's at this issuer, and tells nothing about them.
fn mark(session: &Session) -> String {
    let claims = session.claims();
    let mut digest = Sha256::new();
    for part in [claims.iss(), claims.sub()] {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Has the session be this user's alone.
async fn settle(kept: &Kept, user: &User) -> Result<(), Error> {
    let owner: Option<String> = kept.get(USER).await?;
    match (user, owner) {
        (User::Known(user), Some(owner)) if *user == owner => Ok(()),
        // Somebody else's has ended.
        (User::Nobody(Some(user)), Some(owner)) if *user != owner => Ok(()),
        (User::Known(user), None) if !kept.is_empty().await => {
            kept.cycle_id().await?;
            kept.insert(USER, user).await
        }
        (User::Unknown, _) | (_, None) => Ok(()),
        (_, Some(_)) => {
            // Not `flush`, which leaves its id to what is put in next.
            kept.cycle_id().await?;
            kept.clear().await;
            Ok(())
        }
    }
}
