//! What the system tests share: the layers of the house, the binary under test, a running server, the shared data.

pub mod binary;
pub mod layers;
pub mod oracle;
pub mod server;
pub mod shared;
