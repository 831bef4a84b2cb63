//! The way to a mail server: a connection, over TLS wherever it leaves this machine.
//!
//! What comes before TLS is spoken here and not by the library, which keeps what was read before
//! the handshake: whoever sits on the way could put answers there that count as the server's
//! afterwards (RFC 3207, section 6).

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream, rustls::pki_types::ServerName};

use super::server::{MailServer, Security};
use crate::failure::Failure;

/// An answer before TLS is at most this long.
const MOST_OF_AN_ANSWER: usize = 16 * 1024;
/// The library waits for a greeting; after STARTTLS the server has given it already.
const GREETED: &[u8] = b"220 over TLS\r\n";

/// A connection that the library can speak on.
#[derive(Debug)]
pub(super) struct Wire {
    stream: Stream,
    /// Read before what comes from the server.
    first: &'static [u8],
}

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Connects; `hello` is who we say we are.
pub(super) async fn connect(server: &MailServer, tls: Option<&TlsConnector>, hello: &str) -> Result<Wire, Failure> {
    let fail = |what: &str, error: &dyn std::fmt::Display| {
        Failure::NoAnswer(format!("cannot {what} {}: {error}", server.host))
    };
    let stream = TcpStream::connect((&*server.host, server.port)).await;
    let mut stream = stream.map_err(|error| fail("connect to", &error))?;
    // Commands are small and leave whole.
    let _kept_waiting = stream.set_nodelay(true);
    let Some(tls) = tls.filter(|_| server.security != Security::Here) else {
        return match server.security {
            Security::Here => Ok(Wire { stream: Stream::Plain(stream), first: b"" }),
            Security::AtOnce | Security::Asked => Err(fail("speak in the clear to", &"it is not this machine")),
        };
    };
    if server.security == Security::Asked {
        ask_for_tls(&mut stream, hello).await.map_err(|error| fail("go over to TLS with", &error))?;
    }
    let name = ServerName::try_from(server.host.to_string()).map_err(|error| fail("name", &error))?;
    let stream = tls.connect(name, stream).await.map_err(|error| fail("be sure of", &error))?;
    let first = if server.security == Security::Asked { GREETED } else { b"" };
    Ok(Wire { stream: Stream::Tls(Box::new(stream)), first })
}

/// Greeting, EHLO, STARTTLS; nothing may follow the last answer before the handshake.
async fn ask_for_tls(stream: &mut TcpStream, hello: &str) -> io::Result<()> {
    let mut read = Vec::new();
    expect(stream, &mut read, "220", "its greeting").await?;
    write(stream, format!("EHLO {hello}\r\n").as_bytes()).await?;
    let offers = expect(stream, &mut read, "250", "its answer to EHLO").await?;
    if !offers.lines().any(|line| line.get(4..).is_some_and(|word| word.trim().eq_ignore_ascii_case("STARTTLS"))) {
        return Err(io::Error::other("it does not offer STARTTLS, and nothing is told in the clear"));
    }
    write(stream, b"STARTTLS\r\n").await?;
    expect(stream, &mut read, "220", "its answer to STARTTLS").await?;
    if read.is_empty() { Ok(()) } else { Err(io::Error::other("somebody spoke between STARTTLS and the handshake")) }
}

/// Takes one whole answer off what was read; what follows it stays.
async fn expect(stream: &TcpStream, read: &mut Vec<u8>, code: &str, what: &str) -> io::Result<String> {
    let answer = loop {
        if let Some(end) = end_of_answer(read) {
            break String::from_utf8_lossy(&read.drain(..end).collect::<Vec<u8>>()).into_owned();
        }
        if read.len() > MOST_OF_AN_ANSWER {
            return Err(io::Error::other(format!("{what} does not end")));
        }
        stream.readable().await?;
        let mut some = [0; 1024];
        match stream.try_read(&mut some) {
            Ok(0) => return Err(io::Error::other(format!("it hung up before {what}"))),
            Ok(count) => read.extend_from_slice(&some[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    };
    if answer.starts_with(code) { Ok(answer) } else { Err(io::Error::other(format!("{what} is '{}'", answer.trim()))) }
}

/// Behind the first line whose code is not followed by a dash.
fn end_of_answer(read: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(length) = read[from..].iter().position(|byte| *byte == b'\n') {
        let line = &read[from..from + length];
        from += length + 1;
        if line.get(3) != Some(&b'-') {
            return Some(from);
        }
    }
    None
}

async fn write(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.first.is_empty() {
            let (now, later) = self.first.split_at(self.first.len().min(buf.remaining()));
            buf.put_slice(now);
            self.first = later;
            return Poll::Ready(Ok(()));
        }
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Tls(stream) => Pin::new(&mut **stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(&mut **stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(&mut **stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(&mut **stream).poll_shutdown(cx),
        }
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        match &self.stream {
            Stream::Plain(stream) => stream.peer_addr(),
            Stream::Tls(stream) => stream.get_ref().0.peer_addr(),
        }
    }
}
