//! Text → tokens, each with the byte at which it begins. The lexical rules are CEL's
//! (<https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax>), without bytes.

use crate::error::{Fault, Located};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token<'s> {
    Name(&'s str),
    /// A number as written, without its sign.
    Number(&'s str),
    Text(Box<str>),
    /// An operator or a bracket.
    Sign(&'static str),
    End,
}

impl Token<'_> {
    /// How an error calls it.
    pub fn show(&self) -> Box<str> {
        match self {
            Self::Name(name) => format!("'{name}'").into(),
            Self::Number(text) => format!("'{text}'").into(),
            Self::Text(text) => format!("\"{}\"", text.chars().take(40).collect::<String>()).into(),
            Self::Sign(sign) => format!("'{sign}'").into(),
            Self::End => "the end of the condition".into(),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Placed<'s> {
    pub at: usize,
    pub token: Token<'s>,
}

/// Longer signs first, so that `<=` is not read as `<`.
const SIGNS: [&str; 24] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", "{", "}", ",", ".", "+", "-", "*", "/", "%",
    "?", ":",
];

pub(crate) fn tokens(source: &str) -> Result<Vec<Placed<'_>>, Located> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = source[at..].chars().next() {
        let rest = &source[at..];
        let (token, length) = if next.is_whitespace() {
            at += next.len_utf8();
            continue;
        } else if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        } else if let Some(length) = text_prefix(rest) {
            let (text, taken) = text(rest, length, at)?;
            (Token::Text(text), taken)
        } else if next.is_ascii_alphabetic() || next == '_' {
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            (Token::Name(&rest[..length]), length)
        } else if next.is_ascii_digit() || starts_with_fraction(rest) {
            let length = number_length(rest);
            (Token::Number(&rest[..length]), length)
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Token::Sign(sign), sign.len())
        } else {
            return Err(stray(next, at));
        };
        found.push(Placed { at, token });
        at += length;
    }
    found.push(Placed { at, token: Token::End });
    Ok(found)
}

fn stray(found: char, at: usize) -> Located {
    let fault = Fault::Syntax { found: format!("'{found}'").into(), expected: "a field, a value or an operator" };
    match found {
        '=' => Located::new(at, fault).suggesting("'=='"),
        '&' => Located::new(at, fault).suggesting("'&&'"),
        '|' => Located::new(at, fault).suggesting("'||'"),
        '“' | '”' | '„' | '‘' | '’' => Located::new(at, fault).suggesting("straight quotes"),
        _ => Located::new(at, fault),
    }
}

fn starts_with_fraction(rest: &str) -> bool {
    let bytes = rest.as_bytes();
    bytes[0] == b'.' && bytes.get(1).is_some_and(u8::is_ascii_digit)
}

/// Digits, letters and points, and a sign after an exponent: what the number means, and whether
/// it means anything, is judged where it is used.
fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let hex = rest.starts_with("0x") || rest.starts_with("0X");
    let mut length = 0;
    while let Some(&b) = bytes.get(length) {
        let signed = matches!(b, b'+' | b'-') && !hex && length > 0 && matches!(bytes[length - 1], b'e' | b'E');
        let fraction = b == b'.' && bytes.get(length + 1).is_some_and(u8::is_ascii_digit);
        if !(b.is_ascii_alphanumeric() || signed || fraction) {
            break;
        }
        length += 1;
    }
    length
}

/// The length of what opens a text (`"`, `'`, `"""`, `r"` …), if one opens here.
fn text_prefix(rest: &str) -> Option<usize> {
    let raw = usize::from(rest.starts_with(['r', 'R']));
    let body = &rest[raw..];
    match body {
        _ if body.starts_with("\"\"\"") || body.starts_with("'''") => Some(raw + 3),
        _ if body.starts_with(['"', '\'']) => Some(raw + 1),
        _ => None,
    }
}

/// The text that opens with the first `opening` bytes of `rest`, and how many bytes it takes.
fn text(rest: &str, opening: usize, at: usize) -> Result<(Box<str>, usize), Located> {
    let raw = rest.starts_with(['r', 'R']);
    let quote = &rest[usize::from(raw)..opening];
    let mut out = String::new();
    let mut place = opening;
    loop {
        let tail = &rest[place..];
        if tail.starts_with(quote) {
            return Ok((out.into(), place + quote.len()));
        }
        let next = tail.chars().next().filter(|&c| quote.len() == 3 || !matches!(c, '\n' | '\r'));
        match next {
            None => return Err(Located::new(at, Fault::OpenText)),
            Some('\\') if !raw => {
                let (c, taken) = escape(tail, at + place)?;
                out.push(c);
                place += taken;
            }
            Some(c) => {
                out.push(c);
                place += c.len_utf8();
            }
        }
    }
}

/// One escape sequence at the start of `tail`, and how many bytes it takes.
fn escape(tail: &str, at: usize) -> Result<(char, usize), Located> {
    let refuse = || {
        let text = tail.chars().take(2).collect::<String>().into();
        Located::new(at, Fault::Literal { text, what: "a known escape" }).suggesting("'\\\\' for a backslash")
    };
    let code = |from: usize, digits: usize, radix: u32| {
        let digits = tail.get(from..from + digits).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        digits.and_then(|d| u32::from_str_radix(d, radix).ok()).and_then(char::from_u32).ok_or_else(refuse)
    };
    let plain = match tail.as_bytes().get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'a') => '\x07',
        Some(b'b') => '\x08',
        Some(b'f') => '\x0c',
        Some(b'v') => '\x0b',
        Some(&b @ (b'\\' | b'"' | b'\'' | b'`' | b'?')) => char::from(b),
        Some(b'x' | b'X') => return Ok((code(2, 2, 16)?, 4)),
        Some(b'u') => return Ok((code(2, 4, 16)?, 6)),
        Some(b'U') => return Ok((code(2, 8, 16)?, 10)),
        Some(b'0'..=b'3') => return Ok((code(1, 3, 8)?, 4)),
        _ => return Err(refuse()),
    };
    Ok((plain, 2))
}
