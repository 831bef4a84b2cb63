//! A report as one HTML file that can be mailed, archived and printed.
//!
//! Styles and script are inside; the content policy forbids every request, and the hash in it lets
//! only our own script run. The result is embedded as JSON, so that the numbers can be read by
//! programs too.

use pointsman_domain::Digest;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::{Cx, Page, Shell, page::render};

/// A result that cannot be written as JSON.
#[derive(Debug, thiserror::Error)]
#[error("the result of the report '{title}' cannot be written as JSON")]
pub struct FileError {
    title: String,
    #[source]
    source: serde_json::Error,
}

/// The file of `page`, with `result` inside it as `<script type="application/json" id="result">`.
pub fn stand_alone(page: &Page, result: &impl Serialize, cx: Cx) -> Result<String, FileError> {
    let refuse = |source| FileError { title: page.title.clone(), source };
    let json = serde_json::to_string(result).map_err(refuse)?;
    let digest = Digest::new(Sha256::digest(json.as_bytes()).into());
    // `<` occurs in JSON only inside strings, where this escape means the same.
    let data = json.replace('<', "\\u003c");
    Ok(render(page, Shell::File { data: &data, digest }, cx))
}
