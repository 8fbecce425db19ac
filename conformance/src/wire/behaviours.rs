//! What can happen to a response on its way: one entry each, with the endpoints at which it is tried.

use std::fmt;
use std::io;

use relyingparty::Endpoint::{self, Discovery, Jwks, Token, UserInfo};

use super::Except;
use super::connection::Connection;

/// Answers one request otherwise than the provider would.
#[derive(Clone, Copy)]
pub(super) struct Does(pub(super) fn(&mut Connection<'_>) -> io::Result<()>);

impl fmt::Debug for Does {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Does")
    }
}

/// One thing that no provider does.
#[derive(Debug)]
pub(super) struct Behaviour {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// Each is a row.
    pub(super) at: &'static [Endpoint],
    /// What a client stops with; nothing when it has to put up with it.
    pub(super) code: Option<&'static str>,
    pub(super) slow: bool,
    /// Whether the right answers leave their connections open for the next request.
    pub(super) keeps: bool,
    pub(super) except: &'static [Except],
    pub(super) does: Does,
}

/// What `large` and `endless` offer. Nobody may take a quarter of it: what the sockets on the way hold is not read.
pub(super) const OFFERED: usize = 64 << 20;

const EVERYWHERE: &[Endpoint] = &[Discovery, Jwks, Token, UserInfo];
const LEAVES_COMPRESSED: &[Except] = &[Except {
    transports: &["ureq", "reqwest"],
    code: Some("compressed_response"),
    repeats: false,
    why: "the transports over ureq and reqwest undo no compression, and hand over what came",
}];

const USUAL: Behaviour = Behaviour {
    name: "",
    about: "",
    at: EVERYWHERE,
    code: Some("unreachable"),
    slow: false,
    keeps: false,
    except: &[],
    does: Does(|peer| peer.answer()),
};

const CLOSED: Behaviour = Behaviour {
    name: "closed",
    about: "The connection is closed before a byte has come.",
    does: Does(|_| Ok(())),
    ..USUAL
};

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    Behaviour {
        name: "found",
        about: "302 to where the right answer is, which is also in the body.",
        code: Some("redirect_refused"),
        does: Does(|peer| {
            let location = peer.elsewhere();
            peer.whole("302 Found", &[("Location", &location)])
        }),
        ..USUAL
    },
    Behaviour {
        name: "temporary-redirect",
        about: "307 to where the right answer is: credentials and code would be sent once more.",
        code: Some("redirect_refused"),
        does: Does(|peer| {
            let location = peer.elsewhere();
            peer.whole("307 Temporary Redirect", &[("Location", &location)])
        }),
        ..USUAL
    },
    Behaviour {
        name: "large",
        about: "The right document, and spaces up to 64 MiB; Content-Length says so.",
        code: Some("response_too_large"),
        does: Does(|peer| {
            peer.head("200 OK", &[("Content-Length", &OFFERED.to_string())])?;
            let document = peer.body();
            peer.send(&document)?;
            peer.spaces(OFFERED - document.len(), |peer, spaces| peer.send(spaces))
        }),
        ..USUAL
    },
    Behaviour {
        name: "endless",
        about: "The right document and then spaces, chunk after chunk.",
        code: Some("response_too_large"),
        does: Does(|peer| {
            peer.head("200 OK", &[("Transfer-Encoding", "chunked")])?;
            let document = peer.body();
            peer.chunk(&document)?;
            peer.spaces(OFFERED, Connection::chunk)
        }),
        ..USUAL
    },
    Behaviour {
        name: "endless-head",
        about: "One header after another.",
        at: &[Discovery, Token],
        does: Does(|peer| {
            peer.open("200 OK")?;
            for number in 0..OFFERED / 1024 {
                peer.send(format!("X-{number}: {}\r\n", "x".repeat(1000)).as_bytes())?;
            }
            Ok(())
        }),
        ..USUAL
    },
    Behaviour {
        name: "interim",
        about: "100 Continue, over and over; the right answer too late.",
        at: &[Discovery],
        slow: true,
        does: Does(|peer| {
            peer.slowly(200, |peer, _| peer.send(b"HTTP/1.1 100 Continue\r\n\r\n"))?;
            peer.answer()
        }),
        ..USUAL
    },
    Behaviour {
        name: "silent",
        about: "Nothing comes; the right answer too late.",
        at: &[Discovery, Token],
        slow: true,
        does: Does(|peer| {
            peer.slowly(1, |_, _| Ok(()))?;
            peer.answer()
        }),
        ..USUAL
    },
    Behaviour {
        name: "dripping-head",
        about: "The right answer, with a header that comes one byte at a time.",
        at: &[Jwks],
        slow: true,
        does: Does(|peer| {
            peer.open("200 OK")?;
            peer.send(b"X-Slow: ")?;
            peer.slowly(200, |peer, _| peer.send(b"x"))?;
            peer.send(b"\r\n")?;
            peer.rest(Some("application/json"), None)
        }),
        ..USUAL
    },
    Behaviour {
        name: "dripping-body",
        about: "The right document, one byte at a time.",
        at: &[Discovery, UserInfo],
        slow: true,
        does: Does(|peer| {
            let document = peer.body();
            peer.head("200 OK", &[("Content-Length", &document.len().to_string())])?;
            peer.slowly(document.len(), |peer, at| peer.send(&document[at..=at]))
        }),
        ..USUAL
    },
    Behaviour {
        at: &[Discovery, Jwks, UserInfo],
        except: &[Except {
            transports: &["aiohttp"],
            code: Some("unreachable"),
            repeats: true,
            why: "aiohttp sends a GET once more when its connection is closed (RFC 9110 9.2.2 allows it), and has no switch",
        }],
        ..CLOSED
    },
    Behaviour { at: &[Token], ..CLOSED },
    Behaviour {
        name: "closed-when-reused",
        about: "A connection on which other answers came is closed once the code has been sent on it.",
        at: &[Token],
        keeps: true,
        except: &[Except {
            transports: &["chromium"],
            code: Some("unreachable"),
            repeats: true,
            why: "Chromium sends once more whatever a kept connection lost, a POST too, and a script cannot forbid it",
        }],
        ..CLOSED
    },
    Behaviour {
        name: "truncated",
        about: "The right document, ten bytes shorter than Content-Length says; then the end.",
        does: Does(|peer| {
            let document = peer.body();
            peer.head("200 OK", &[("Content-Length", &(document.len() + 10).to_string())])?;
            peer.send(&document)
        }),
        ..USUAL
    },
    Behaviour {
        name: "truncated-chunks",
        about: "The right document in a chunk, and the end where the last chunk should be.",
        except: &[Except {
            transports: &["fetch"],
            code: None,
            repeats: false,
            why: "Node's fetch takes the end of the connection for that of the chunks, unseen by a script; JSON that is cut \
                  does not parse",
        }],
        does: Does(|peer| {
            peer.head("200 OK", &[("Transfer-Encoding", "chunked")])?;
            let document = peer.body();
            peer.chunk(&document)
        }),
        ..USUAL
    },
    Behaviour {
        name: "no-http",
        about: "Another protocol answers.",
        at: &[Discovery, Token],
        does: Does(|peer| peer.send(b"220 this is no web server\r\n\r\n")),
        ..USUAL
    },
    Behaviour {
        name: "text",
        about: "The right document as text/plain.",
        code: Some("unexpected_content_type"),
        does: Does(|peer| peer.typed(Some("text/plain"), None)),
        ..USUAL
    },
    Behaviour {
        name: "untyped",
        about: "The right document without a Content-Type.",
        code: Some("unexpected_content_type"),
        does: Does(|peer| peer.typed(None, None)),
        ..USUAL
    },
    Behaviour {
        name: "page",
        about: "200 with a page, as hotels' networks answer.",
        code: Some("unexpected_content_type"),
        does: Does(|peer| peer.typed(Some("text/html; charset=utf-8"), Some(PAGE))),
        ..USUAL
    },
    Behaviour {
        name: "page-as-json",
        about: "200 with a page that says it is JSON.",
        code: Some("malformed_json"),
        does: Does(|peer| peer.typed(Some("application/json"), Some(PAGE))),
        ..USUAL
    },
    Behaviour {
        name: "gzip",
        about: "The right document, compressed.",
        code: None,
        except: LEAVES_COMPRESSED,
        does: Does(|peer| {
            let document = peer.body();
            peer.compressed(&document)
        }),
        ..USUAL
    },
    Behaviour {
        name: "gzip-bomb",
        about: "The right document and 8 MiB of spaces, compressed to a few kilobytes.",
        code: Some("response_too_large"),
        except: LEAVES_COMPRESSED,
        does: Does(|peer| {
            let mut document = peer.body();
            document.resize(8 << 20, b' ');
            peer.compressed(&document)
        }),
        ..USUAL
    },
    Behaviour {
        name: "compressed",
        about: "The right document, compressed, under the name of a coding that nobody undoes.",
        at: &[Discovery, Token],
        code: Some("compressed_response"),
        does: Does(|peer| {
            let document = peer.body();
            peer.compressed_as("compress", &document)
        }),
        ..USUAL
    },
    Behaviour {
        name: "cookie",
        about: "The response sets a cookie, which must not come back with the next request.",
        at: &[Discovery],
        code: None,
        does: Does(|peer| peer.whole("200 OK", &[("Set-Cookie", "tracked=yes; Path=/")])),
        ..USUAL
    },
];

const PAGE: &[u8] = b"<!doctype html>\n<title>Welcome</title>\n<p>Please accept the terms of this network.\n";
