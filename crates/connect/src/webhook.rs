//! One call of a webhook: connect, sign, send, read the status. Redirects are not followed: a
//! receiver that moved is told to whoever set its address.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use hyper::{
    Request,
    body::{Body, Incoming},
    client::conn::http1::{SendRequest, handshake},
    header,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring::default_provider,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use crate::{
    secret::Secret,
    signature::{ID, SIGNATURE, TIMESTAMP, sign},
    target::Target,
};

/// What is sent; the same id every time it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub id: String,
    pub body: String,
}

/// A receiver.
pub struct Webhook {
    target: Target,
    /// The newest first; each signs.
    secrets: Vec<Secret>,
    tls: Option<TlsConnector>,
    patience: Duration,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("target", &self.target).finish_non_exhaustive()
    }
}

/// What came instead of a success. Says nothing of what was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nobody took it: no connection, no answer in time.
    #[error("{0}")]
    NoAnswer(String),
    /// An answer that is no 2xx, with the seconds of its `Retry-After`.
    #[error("the receiver answered {status}")]
    Status { status: u16, retry_after: Option<u32> },
}

impl Failure {
    /// Whether the receiver, rather than this one message, is in trouble.
    pub fn is_of_receiver(&self) -> bool {
        match self {
            Self::NoAnswer(_) => true,
            Self::Status { status, .. } => *status >= 500 || *status == 429,
        }
    }
}

/// Why a receiver cannot be called at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    #[error("the certificates cannot be read: {0}")]
    Certificates(String),
}

/// Of an answer's body this much is read, so that the connection can be used again.
const MOST_OF_AN_ANSWER: usize = 64 * 1024;

impl Webhook {
    /// `authorities`: certificates in PEM that are trusted besides the well-known ones.
    pub fn new(
        target: Target,
        secrets: Vec<Secret>,
        authorities: Option<&[u8]>,
        patience: Duration,
    ) -> Result<Self, SetupError> {
        let tls = if target.is_secure() { Some(connector(authorities)?) } else { None };
        Ok(Self { target, secrets, tls, patience })
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    async fn connect(&self) -> Result<SendRequest<String>, Failure> {
        let fail = |what: &str, error: &dyn std::fmt::Display| {
            Failure::NoAnswer(format!("cannot {what} {}: {error}", self.target.host()))
        };
        let stream = TcpStream::connect((self.target.host(), self.target.port()));
        let stream = stream.await.map_err(|error| fail("connect to", &error))?;
        // Messages are small and leave whole.
        let _kept_waiting = stream.set_nodelay(true);
        let sender = match &self.tls {
            None => spoken(TokioIo::new(stream)).await,
            Some(tls) => {
                let name = ServerName::try_from(self.target.host().to_owned());
                let name = name.map_err(|error| fail("name", &error))?;
                let stream = tls.connect(name, stream).await.map_err(|error| fail("be sure of", &error))?;
                spoken(TokioIo::new(stream)).await
            }
        };
        sender.map_err(|error| fail("talk to", &error))
    }

    fn request(&self, message: &Message, timestamp: i64) -> Result<Request<String>, Failure> {
        let signatures: Vec<String> =
            self.secrets.iter().map(|secret| sign(secret, &message.id, timestamp, message.body.as_bytes())).collect();
        let request = Request::post(self.target.path())
            .header(header::HOST, self.target.authority())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, concat!("pointsman/", env!("CARGO_PKG_VERSION")))
            .header(ID, &message.id)
            .header(TIMESTAMP, timestamp)
            .header(SIGNATURE, signatures.join(" "))
            .body(message.body.clone());
        request.map_err(|error| Failure::NoAnswer(format!("the message makes no request: {error}")))
    }
}

/// One connection to a receiver, kept open between messages.
#[derive(Debug)]
pub struct Line<'a> {
    webhook: &'a Webhook,
    sender: Option<SendRequest<String>>,
}

impl<'a> Line<'a> {
    pub fn new(webhook: &'a Webhook) -> Self {
        Self { webhook, sender: None }
    }

    /// Sends one message and waits for a 2xx.
    pub async fn send(&mut self, message: &Message) -> Result<(), Failure> {
        let patience = self.webhook.patience;
        let sent = timeout(patience, self.call(message)).await;
        let sent = sent.unwrap_or_else(|_| {
            let (host, seconds) = (self.webhook.target.host(), patience.as_secs());
            Err(Failure::NoAnswer(format!("{host} did not answer within {seconds} s")))
        });
        if sent.is_err() {
            self.sender = None;
        }
        sent
    }

    async fn call(&mut self, message: &Message) -> Result<(), Failure> {
        let request = self.webhook.request(message, unix_seconds())?;
        let sender = match self.sender.take().filter(SendRequest::is_ready) {
            Some(sender) => self.sender.insert(sender),
            None => self.sender.insert(self.webhook.connect().await?),
        };
        let broken = |error: hyper::Error| {
            Failure::NoAnswer(format!("the connection to {} broke: {error}", self.webhook.target.host()))
        };
        let answer = sender.send_request(request).await.map_err(broken)?;
        let status = answer.status();
        let after =
            answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let reusable = drained(answer.into_body()).await;
        if !reusable {
            self.sender = None;
        }
        match status.is_success() {
            true => Ok(()),
            false => Err(Failure::Status { status: status.as_u16(), retry_after: after }),
        }
    }
}

/// The timestamp is this attempt's, by the clock that receivers compare with.
#[expect(clippy::disallowed_methods, reason = "an attempt is signed with the time at which it is made")]
fn unix_seconds() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}

async fn spoken<T>(stream: TokioIo<T>) -> hyper::Result<SendRequest<String>>
where
    TokioIo<T>: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (sender, connection) = handshake(stream).await?;
    tokio::spawn(async move {
        // However it ends, whoever sends next is told.
        let _ended = connection.await;
    });
    Ok(sender)
}

/// Reads the rest of an answer; `false` when it is too much, or broken.
async fn drained(mut body: Incoming) -> bool {
    let mut read = 0;
    loop {
        let frame = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
        match frame {
            None => return true,
            Some(Err(_)) => return false,
            Some(Ok(frame)) => read += frame.data_ref().map_or(0, hyper::body::Bytes::len),
        }
        if read > MOST_OF_AN_ANSWER {
            return false;
        }
    }
}

fn connector(authorities: Option<&[u8]>) -> Result<TlsConnector, SetupError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for certificate in authorities.into_iter().flat_map(CertificateDer::pem_slice_iter) {
        let certificate = certificate.map_err(|error| SetupError::Certificates(error.to_string()))?;
        roots.add(certificate).map_err(|error| SetupError::Certificates(error.to_string()))?;
    }
    let config =
        ClientConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions();
    let config = config.map_err(|error| SetupError::Certificates(error.to_string()))?;
    Ok(TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
}
