//! How much room a text takes, without a font.

use std::borrow::Cow;

/// Type size of labels, in units of the drawing.
pub(crate) const TYPE: f64 = 12.0;
/// Half the height of digits: from a middle line down to the base line.
pub(crate) const MID: f64 = 4.2;

/// The width that `text` needs at most. Without a font: 0.56 em for most characters, less for
/// narrow ones, more for capitals, which overstates common sans-serif faces by about a tenth.
pub(crate) fn width_of(text: &str) -> f64 {
    let em = |c: char| match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '(' | ')' | 'I' => 0.36,
        ' ' | '\u{a0}' => 0.33,
        '\u{202f}' => 0.22,
        'f' | 't' | 'r' => 0.42,
        'm' | 'w' | 'M' | 'W' | '%' | '…' | '@' => 0.95,
        '+' | '−' | '±' | '×' | '=' | '<' | '>' | '←' | '→' => 0.86,
        '0'..='9' => 0.64,
        c if c.is_uppercase() => 0.72,
        _ => 0.6,
    };
    text.chars().map(em).sum::<f64>() * TYPE
}

/// Strong letters are so much wider.
pub(crate) const STRONG: f64 = 1.15;

/// The same for text in the stronger weight.
pub(crate) fn width_of_strong(text: &str) -> f64 {
    width_of(text) * STRONG
}

/// `text`, shortened with an ellipsis where it needs more than `room`.
pub(crate) fn fit(text: &str, room: f64) -> Cow<'_, str> {
    if width_of(text) <= room {
        return Cow::Borrowed(text);
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if width_of(&kept) > room - 11.4 {
            kept.pop();
            break;
        }
    }
    Cow::Owned(format!("{}…", kept.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_end_with_an_ellipsis() {
        assert_eq!(fit("short", 200.0), "short");
        let cut = fit("a very long label indeed", 80.0);
        assert!(cut.ends_with('…') && width_of(&cut) <= 80.0, "{cut}");
    }
}
