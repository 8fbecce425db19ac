//! Why an exchange failed, in words that are safe to show: made of what an error is, never of what it says.

use std::error::Error;
use std::io;

use rustls::CertificateError;

use super::Unreachable;

pub(super) const LATE: &str = "no complete response in time";
pub(super) const UNRESOLVED: &str = "the host name does not resolve";

/// What is known of an error: the deepest of what led to it says most.
pub(super) fn reason(error: &(dyn Error + 'static)) -> Unreachable {
    let mut known = None;
    let mut link = Some(error);
    while let Some(error) = link {
        known = of(error).or(known);
        // What an error of the system's wraps is not its source.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        link = match wrapped {
            Some(wrapped) => Some(wrapped as &(dyn Error + 'static)),
            None => error.source(),
        };
    }
    Unreachable::new(known.unwrap_or("the exchange failed"))
}

fn of(error: &(dyn Error + 'static)) -> Option<&'static str> {
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(tls(error));
    }
    error.downcast_ref::<io::Error>().and_then(|error| system(error.kind()))
}

fn tls(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidCertificate(error) => match error {
            CertificateError::UnknownIssuer => "the certificate is not trusted: nobody trusted has issued it",
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the certificate is not trusted: it has expired"
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the certificate is not trusted: it is not valid yet"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "the certificate is not trusted: it is for another host"
            }
            CertificateError::Revoked => "the certificate is not trusted: it was revoked",
            _ => "the certificate is not trusted",
        },
        rustls::Error::AlertReceived(_) => "TLS failed: the server refused it",
        _ => "TLS failed",
    }
}

fn system(kind: io::ErrorKind) -> Option<&'static str> {
    Some(match kind {
        io::ErrorKind::ConnectionRefused => "the connection was refused",
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => "the connection was reset",
        io::ErrorKind::ConnectionAborted => "the connection was closed",
        io::ErrorKind::UnexpectedEof => "the connection was closed before the response was complete",
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            "the network does not lead there"
        }
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => LATE,
        _ => return None,
    })
}

/// What a proxy did that opens no tunnel.
pub(super) fn refused_by_proxy(wants_login: bool, has_login: bool) -> Unreachable {
    Unreachable::new(match (wants_login, has_login) {
        (false, _) => "the proxy refused to connect",
        (true, true) => "the proxy refused the user name and password (status 407)",
        (true, false) => "the proxy wants a user name and a password (status 407): put them into its URL",
    })
}
