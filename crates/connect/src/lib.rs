//! Messages to other systems and from them.
//!
//! What a message says and when it is sent is not known here: this crate signs a body, sends it
//! over HTTP and says what came of it; it checks the signature of what comes in; and it hands a
//! letter to a mail server. Signatures follow
//! [Standard Webhooks](https://www.standardwebhooks.com), so that receivers and senders find a
//! library in their language. Time and chance are arguments.
//!
//! Reading order: [`secret`] and [`signature`] (who sent a body), [`backoff`] (when it is tried
//! again), [`target`] (where to), [`failure`] (what came instead of an arrival), [`tls`], [`http`]
//! (one request), [`webhook`] (one message), [`mail`] (one letter).

pub mod backoff;
pub mod failure;
pub mod http;
pub mod mail;
pub mod secret;
pub mod signature;
pub mod target;
pub mod tls;
pub mod webhook;

pub use backoff::Backoff;
pub use failure::Failure;
pub use http::{Peer, Wire};
pub use mail::{Letter, MailServer, Mailer};
pub use secret::Secret;
pub use signature::{Headers, Unsigned};
pub use target::Target;
pub use tls::SetupError;
pub use webhook::{Line, Message, Webhook};
