//! What the system tests share: the layers of the house, the binary under test, a running server, a browser, a private
//! PostgreSQL, the shared data; and [`prove`], the long proofs behind the binary of that name.

pub mod binary;
pub mod browser;
pub mod layers;
pub mod metadata;
pub mod postgres;
pub mod prove;
pub mod server;
pub mod shared;
