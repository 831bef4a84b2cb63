//! One lead's walk, from documents to an explained and replayed decision.

mod docs;
mod fixture;
mod plan;
mod preview;
mod trials;
mod walk;
