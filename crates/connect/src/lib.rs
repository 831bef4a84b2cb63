//! Messages to other systems and from them.
//!
//! What a message says and when it is sent is not known here: this crate signs a body, sends it
//! over HTTP and says what came of it; and it checks the signature of what comes in. Both follow
//! [Standard Webhooks](https://www.standardwebhooks.com), so that receivers and senders find a
//! library in their language. Time and chance are arguments.
//!
//! Reading order: [`secret`] and [`signature`] (who sent a body), [`backoff`] (when it is tried
//! again), [`target`] (where to), [`http`] (one request), [`webhook`] (one message).

pub mod backoff;
pub mod http;
pub mod secret;
pub mod signature;
pub mod target;
pub mod webhook;

pub use backoff::Backoff;
pub use http::{Failure, Peer, Wire};
pub use secret::Secret;
pub use signature::{Headers, Unsigned};
pub use target::Target;
pub use webhook::{Line, Message, Webhook};
