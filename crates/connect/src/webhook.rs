//! One call of a webhook: connect, sign, send, read the status. Redirects are not followed: a
//! receiver that moved is told to whoever set its address.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http_body_util::Full;
use hyper::{Request, body::Bytes, header};
use tokio::time::timeout;

use crate::{
    failure::Failure,
    http::{Peer, Wire},
    secret::Secret,
    signature::{ID, SIGNATURE, TIMESTAMP, sign},
    target::Target,
    tls::SetupError,
};

/// What is sent; the same id every time it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub id: String,
    pub body: String,
}

/// A receiver.
pub struct Webhook {
    peer: Peer,
    /// The newest first; each signs.
    secrets: Vec<Secret>,
    patience: Duration,
}

/// Under which a receiver is told what its call belongs to
/// ([W3C Trace Context](https://www.w3.org/TR/trace-context/)).
const TRACEPARENT: &str = "traceparent";

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("target", self.target()).finish_non_exhaustive()
    }
}

impl Webhook {
    /// `authorities`: certificates in PEM that are trusted besides the well-known ones.
    pub fn new(
        target: Target,
        secrets: Vec<Secret>,
        authorities: Option<&[u8]>,
        patience: Duration,
    ) -> Result<Self, SetupError> {
        Ok(Self { peer: Peer::new(target, authorities)?, secrets, patience })
    }

    pub fn target(&self) -> &Target {
        self.peer.target()
    }

    fn request(
        &self,
        message: &Message,
        timestamp: i64,
        traceparent: Option<&str>,
    ) -> Result<Request<Full<Bytes>>, Failure> {
        let signatures: Vec<String> =
            self.secrets.iter().map(|secret| sign(secret, &message.id, timestamp, message.body.as_bytes())).collect();
        let mut request = Request::post(self.target().path())
            .header(header::HOST, self.target().authority())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, concat!("pointsman/", env!("CARGO_PKG_VERSION")))
            .header(ID, &message.id)
            .header(TIMESTAMP, timestamp)
            .header(SIGNATURE, signatures.join(" "));
        if let Some(traceparent) = traceparent {
            request = request.header(TRACEPARENT, traceparent);
        }
        let request = request.body(Full::from(message.body.clone()));
        request.map_err(|error| Failure::NoAnswer(format!("the message makes no request: {error}")))
    }
}

/// One connection to a receiver, kept open between messages.
#[derive(Debug)]
pub struct Line<'a> {
    webhook: &'a Webhook,
    wire: Wire,
}

impl<'a> Line<'a> {
    pub fn new(webhook: &'a Webhook) -> Self {
        Self { webhook, wire: Wire::default() }
    }

    /// Sends one message and waits for a 2xx, which it gives. `traceparent` goes along unsigned.
    pub async fn send(&mut self, message: &Message, traceparent: Option<&str>) -> Result<u16, Failure> {
        let patience = self.webhook.patience;
        let sent = timeout(patience, self.call(message, traceparent)).await;
        let sent = sent.unwrap_or_else(|_| Err(Failure::late(self.webhook.target(), patience)));
        if sent.is_err() {
            self.wire.cut();
        }
        sent
    }

    async fn call(&mut self, message: &Message, traceparent: Option<&str>) -> Result<u16, Failure> {
        let request = self.webhook.request(message, unix_seconds(), traceparent)?;
        let answer = self.wire.call(&self.webhook.peer, request).await?;
        let status = answer.status();
        let after =
            answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        match status.is_success() {
            true => Ok(status.as_u16()),
            false => Err(Failure::Status { status: status.as_u16(), retry_after: after }),
        }
    }
}

/// The timestamp is this attempt's, by the clock that receivers compare with.
#[expect(clippy::disallowed_methods, reason = "an attempt is signed with the time at which it is made")]
fn unix_seconds() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}
