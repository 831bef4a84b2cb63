//! A report as one HTML file that can be mailed, archived and printed.
//!
//! Styles and script are inside; the content policy forbids every request, and the hash in it lets
//! only our own script run. The result is embedded as JSON, so that the numbers can be read by
//! programs too.

use pointsman_domain::Digest;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::{
    Cx, Page, Shell,
    page::{CHART_JS, render},
};

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

/// Nothing may be fetched; only the script with this hash may run.
pub fn content_policy() -> String {
    let hash = base64(&Sha256::digest(CHART_JS.as_bytes()));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
}

/// RFC 4648 base 64 with padding.
fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let word = three.iter().fold(0u32, |w, &b| (w << 8) | u32::from(b)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let sign = SIGNS[(word >> (18 - 6 * place)) as usize & 63] as char;
            text.push(if place <= three.len() { sign } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_in_rfc_4648() {
        for (text, expected) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }
}
