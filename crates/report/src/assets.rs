//! What every page brings with it, and that it may load nothing else.

use sha2::{Digest, Sha256};

/// The style sheet of every page.
pub const CSS: &str = include_str!("style/app.css");
/// Values of charts under pointer, finger and arrow keys.
pub const CHART_JS: &str = include_str!("script/chart.js");

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
