//! A signed token as far as it can be read without its key: form, header, claims.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::jose::{Alg, Jws, kind};
use crate::report::{Error, ErrorKind, Trace, check};
use crate::text::Timestamp;
use crate::text::json::Object;
use crate::token::checks::{Checks, at_hash};
use crate::token::claims::under_its_name;
use crate::token::demand::Demand;
use crate::token::rules::Rules;

/// A token whose form and claims are in order.
pub(super) struct Token<'a> {
    pub(super) alg: Alg,
    pub(super) kid: Option<String>,
    pub(super) signing_input: Cow<'a, str>,
    pub(super) signature: Vec<u8>,
    pub(super) claims: String,
    /// The issuer: the client's, or a tenant's of its.
    pub(super) iss: Arc<str>,
    pub(super) sub: String,
    pub(super) at_hash: Option<bool>,
}

impl<'a> Token<'a> {
    /// All that can be checked without a key: cheap checks come before a fetch of keys.
    pub(super) fn check(
        rules: &Rules,
        token: &'a str,
        demand: &Demand,
        now: Timestamp,
        trace: &mut Trace,
    ) -> Result<Token<'a>, Error> {
        now.plausible()?;
        let jws = Jws::parse(token, rules.policy.token())?;
        for member in jws.ignored.into_iter().flatten() {
            trace.left_out(member, "keys are the provider's alone");
        }
        check_typ(jws.typ.as_deref(), rules, demand, trace)?;
        let alg = check_alg(&jws, rules, demand, trace)?;
        let claims = |reason: &str| ErrorKind::MalformedToken.with([&["claims: ", reason].concat()]);
        let members =
            Object::parse_within(&jws.payload, rules.policy.json()).map_err(|reason| claims(&reason))?;
        let (iss, sub) = Checks { rules, demand, members: &members, now, trace }.run()?;
        let at_hash = at_hash(&members, alg, demand.access_token(), trace)?;
        let named = under_its_name(&members, &iss);
        Ok(Token {
            alg,
            kid: jws.kid,
            signing_input: Cow::Borrowed(jws.signing_input),
            signature: jws.signature,
            claims: match named {
                Some(named) => named,
                None => String::from_utf8(jws.payload).map_err(|_| claims("not UTF-8"))?,
            },
            iss,
            sub,
            at_hash,
        })
    }
}

/// A token that says what it is has to say that it is a JWT (RFC 8725 3.11, RFC 7515 4.1.9), or an ID token by the issuer's own
/// word for it.
fn check_typ(typ: Option<&str>, rules: &Rules, demand: &Demand, trace: &mut Trace) -> Result<(), Error> {
    let declared = kind::bare(typ.unwrap_or("JWT"));
    let shown: String = typ.unwrap_or("none").chars().take(64).collect();
    let own = |typ: &String| declared.eq_ignore_ascii_case(kind::bare(typ));
    if demand.is_id_token() && rules.policy.accepted_typ.iter().any(own) {
        trace.lenient("accepted_typ", &shown);
        return Ok(());
    }
    let is_jwt = declared.eq_ignore_ascii_case("JWT");
    #[cfg(feature = "logout")]
    if matches!(demand, Demand::Logout) {
        let passed = is_jwt || declared.eq_ignore_ascii_case("logout+jwt");
        return trace.check(check::LogoutTyp { actual: shown.as_str().into() }, passed);
    }
    trace.check(check::Typ { actual: shown.as_str().into() }, is_jwt)
}

fn check_alg(jws: &Jws<'_>, rules: &Rules, demand: &Demand, trace: &mut Trace) -> Result<Alg, Error> {
    let accepted = match demand {
        Demand::UserInfo { .. } => &rules.userinfo_algs,
        #[cfg(feature = "signing")]
        Demand::Response => &rules.response_algs,
        // OIDC Back-Channel Logout 2.6 (3).
        #[cfg(feature = "logout")]
        Demand::Logout => &rules.id_token_algs,
        Demand::Received(_) | Demand::Granted(_) | Demand::Refreshed { .. } | Demand::Restored => {
            &rules.id_token_algs
        }
    };
    let expected = accepted.names().into();
    match jws.alg(accepted.algs()) {
        Some(alg) => {
            trace.pass(check::Alg { expected, actual: alg.as_str().into() });
            Ok(alg)
        }
        None => {
            let shown: String = jws.alg.chars().take(32).collect();
            Err(trace.fail(check::Alg { expected, actual: shown.as_str().into() }))
        }
    }
}
