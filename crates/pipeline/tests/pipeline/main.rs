//! What the pipeline promises, seen from outside: files in, tables out, all or nothing; features
//! that know nothing of the future.

#![expect(clippy::unwrap_used, reason = "helpers of tests may unwrap as tests do")]

mod bad_input;
mod features;
mod flow;
mod import;
mod shared_data;
mod support;
mod tables;
