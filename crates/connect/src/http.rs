//! One request to another machine over HTTP/1.1, with TLS where the address says so: what sends
//! webhooks and what sends spans share. Redirects are not followed.

use std::{fmt, pin::Pin};

use http_body_util::Full;
use hyper::{
    Request, Response,
    body::{Body, Bytes, Incoming},
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};

use crate::{
    failure::Failure,
    target::Target,
    tls::{SetupError, connector},
};

/// Another machine, and how to be sure that it is the one.
pub struct Peer {
    target: Target,
    tls: Option<TlsConnector>,
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer").field("target", &self.target).finish_non_exhaustive()
    }
}

/// Of an answer's body this much is read, so that the connection can be used again.
const MOST_OF_AN_ANSWER: usize = 64 * 1024;

impl Peer {
    /// `authorities`: certificates in PEM that are trusted besides the well-known ones.
    pub fn new(target: Target, authorities: Option<&[u8]>) -> Result<Self, SetupError> {
        let tls = if target.is_secure() { Some(connector(authorities)?) } else { None };
        Ok(Self { target, tls })
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, Failure> {
        let fail = |what: &str, error: &dyn fmt::Display| {
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
}

/// One connection to a peer, kept open between requests.
#[derive(Debug, Default)]
pub struct Wire {
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Wire {
    /// Whether the next request goes over a connection that stands, which the other side may have
    /// given up meanwhile.
    pub fn is_open(&self) -> bool {
        self.sender.as_ref().is_some_and(SendRequest::is_ready)
    }

    /// The next request goes over a new connection.
    pub fn cut(&mut self) {
        self.sender = None;
    }

    /// Sends a request, connecting first where nothing stands, and gives the answer whole. Of a
    /// body that is too long the beginning is given.
    pub async fn call(&mut self, peer: &Peer, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, Failure> {
        let sender = match self.sender.take().filter(SendRequest::is_ready) {
            Some(sender) => self.sender.insert(sender),
            None => self.sender.insert(peer.connect().await?),
        };
        let broken =
            |error: hyper::Error| Failure::NoAnswer(format!("the connection to {} broke: {error}", peer.target.host()));
        let (head, body) = sender.send_request(request).await.map_err(broken)?.into_parts();
        let (body, whole) = drained(body).await;
        if !whole {
            self.cut();
        }
        Ok(Response::from_parts(head, body))
    }
}

async fn spoken<T>(stream: TokioIo<T>) -> hyper::Result<SendRequest<Full<Bytes>>>
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

/// Reads an answer's body; `false` when it is too much, or broken.
async fn drained(mut body: Incoming) -> (Bytes, bool) {
    let mut read = Vec::new();
    loop {
        let frame = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
        match frame {
            None => return (read.into(), true),
            Some(Err(_)) => return (read.into(), false),
            Some(Ok(frame)) => read.extend_from_slice(frame.data_ref().map_or(&[], |data| &data[..])),
        }
        if read.len() > MOST_OF_AN_ANSWER {
            return (read.into(), false);
        }
    }
}
