//! A network that does as the fuzzer's bytes say: where they end, it is honest.

use relyingparty::{Cache, Error};
use relyingparty::{Endpoint, Flow, HttpRequest, Reply, Request, Step, Timestamp};

use crate::world::{NOW, json_reply, reply};

/// What one operation makes at most: a token request, three for keys, and a pause before each but the first of these.
const MOST_EXCHANGES: usize = 6;

pub struct Script<'a> {
    bytes: &'a [u8],
    pub now: Timestamp,
    /// Whether everything was as it should be so far.
    pub honest: bool,
}

impl<'a> Script<'a> {
    pub fn new(bytes: &'a [u8]) -> Script<'a> {
        Script { bytes, now: NOW, honest: true }
    }

    /// The next byte; nought when there is none.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        *first
    }

    /// As many of the next bytes as the first of them says.
    pub fn bytes(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()).min(self.bytes.len());
        let (taken, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        taken
    }

    /// A text with one of the things done to it that happen on the way, or nothing.
    pub fn spoilt(&mut self, mut text: Vec<u8>) -> Vec<u8> {
        let place = |script: &mut Self, length: usize| {
            (usize::from(script.byte()) << 8 | usize::from(script.byte())) % length.max(1)
        };
        let what = self.byte() % 8;
        self.honest &= matches!(what, 0..4);
        match what {
            4 => {
                let at = place(self, text.len());
                let flip = self.byte();
                text.iter_mut().skip(at).take(1).for_each(|octet| *octet ^= flip);
            }
            5 => text.truncate(place(self, text.len())),
            6 => {
                let at = place(self, text.len());
                let inserted = self.bytes();
                text.splice(at..at, inserted.iter().copied());
            }
            7 => text = self.bytes().to_vec(),
            _ => {}
        }
        text
    }

    /// Carries an operation to its end, `honest` answering for the provider; every request is shown to `see`.
    pub fn run<F: Flow>(
        &mut self,
        mut step: Step<F>,
        cache: &mut Cache,
        honest: impl Fn(Endpoint) -> String,
        see: impl Fn(&HttpRequest),
    ) -> Result<F::Output, Error> {
        for _ in 0..=MOST_EXCHANGES {
            let flow = match step {
                Step::Done(output) => return Ok(output),
                Step::Pending(flow) => flow,
            };
            let reply = match flow.request() {
                Request::Http(request) => {
                    see(request);
                    self.answer(honest(request.endpoint))
                }
                Request::Wait(request) => {
                    assert!((1..=60).contains(&request.seconds), "a pause is short");
                    self.now = request.until;
                    Reply::Waited
                }
                _ => panic!("the core checks signatures"),
            };
            step = flow.resume(reply, cache, self.now)?;
        }
        panic!("it asks again and again");
    }

    fn answer(&mut self, body: String) -> Reply {
        let what = self.byte() % 16;
        self.honest &= matches!(what, 0..6);
        match what {
            6..10 => json_reply(200, self.spoilt(body.into_bytes())),
            10 => Reply::Unreachable { reason: "connection refused".into() },
            11 => Reply::Verified(true),
            12 => {
                let status = u16::from(self.byte()) * 3;
                json_reply(status, self.spoilt(body.into_bytes()))
            }
            13 => reply(200, ["application/jwt", "text/html", ""][usize::from(self.byte() % 3)], body),
            14 => {
                self.now = self.now.plus(u32::from(self.byte()) << 4);
                json_reply(200, body)
            }
            15 => {
                let back = i64::from(self.byte()) << 12;
                self.now = Timestamp::from_unix(self.now.as_unix() - back);
                json_reply(200, body)
            }
            _ => json_reply(200, body),
        }
    }
}
