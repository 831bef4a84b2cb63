//! A letter, and how it is written on the wire.

use std::{
    fmt::Write,
    time::{Duration, UNIX_EPOCH},
};

use lettre::{
    Message,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};
use pointsman_domain::Instant;

use super::Mailer;
use crate::failure::Failure;

/// One letter to one person: text and HTML that say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The same however often it is sent, letters and digits, `_`, `-` and `.`: mail programs show
    /// what has the same id once.
    pub id: String,
    /// What the letter belongs to, of the same signs: mail programs show its letters together.
    pub thread: Option<String>,
    pub to: Person,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// When what it tells happened.
    pub date: Instant,
}

/// To whom: a name as people write it, and an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub address: String,
}

/// A name is shortened to this many signs.
const LONGEST_NAME: usize = 80;
/// A subject likewise: mail programs show fewer.
const LONGEST_SUBJECT: usize = 160;

/// An address as the settings or a roster have it, perhaps with a name: `Leads <leads@firm.example>`.
pub(super) fn mailbox(text: &str) -> Option<Mailbox> {
    let text = text.trim();
    let plain = !text.chars().any(char::is_control);
    let mailbox: Mailbox = plain.then(|| text.parse().ok()).flatten()?;
    // A quoted part may hold spaces; nobody's address does, and a server may read it as more.
    let address: &str = mailbox.email.as_ref();
    let whole = !address.contains(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | ',' | ';'));
    whole.then_some(mailbox)
}

/// One that letters may come from: every mail server takes it.
pub(super) fn sender(text: &str) -> Option<Mailbox> {
    mailbox(text).filter(|mailbox| AsRef::<str>::as_ref(&mailbox.email).is_ascii())
}

/// Whether letters can come from it.
pub fn is_sender(text: &str) -> bool {
    sender(text).is_some()
}

/// Whether a letter can be addressed to it.
pub fn is_address(text: &str) -> bool {
    mailbox(text).is_some()
}

/// One line: what would end a header, or turn its direction, becomes a space.
fn line(text: &str, most: usize) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let ends = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let spaced: String = text.chars().map(|c| if ends(c) || turns(c) { ' ' } else { c }).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let one = words.join(" ");
    match one.char_indices().nth(most) {
        None => one,
        Some((end, _)) => format!("{}…", one[..end].trim_end()),
    }
}

/// Signs that an id may hold.
fn plain(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')).collect()
}

/// The letter with its headers; its envelope says from whom to whom.
pub(super) fn written(mailer: &Mailer, letter: &Letter) -> Result<Message, Failure> {
    let cannot = |what: &str, why: &dyn std::fmt::Display| Failure::Never(format!("{what}: {why}"));
    let to = mailbox(&letter.to.address).ok_or_else(|| {
        let shown = line(&letter.to.address, LONGEST_NAME);
        cannot("cannot write to the rep", &format_args!("'{shown}' is no e-mail address"))
    })?;
    let name = line(&letter.to.name, LONGEST_NAME);
    let to = Mailbox::new(Some(name).filter(|name| !name.is_empty()), to.email);
    let id = |id: &str| format!("<{}@{}>", plain(id), mailer.from.email.domain());
    let since = Duration::from_micros(letter.date.unix_micros().max(0).unsigned_abs());
    let mut builder = Message::builder()
        .from(mailer.from.clone())
        .to(to)
        .subject(line(&letter.subject, LONGEST_SUBJECT))
        .message_id(Some(id(&letter.id)))
        .date(UNIX_EPOCH + since)
        // RFC 3834: no holiday notices come back.
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".into()))
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("X-Auto-Response-Suppress"), "All".into()));
    if let Some(reply_to) = &mailer.reply_to {
        builder = builder.reply_to(reply_to.clone());
    }
    if let Some(thread) = &letter.thread {
        builder = builder.references(id(thread)).in_reply_to(id(thread));
    }
    // The same every time; '=_' is in nothing that is quoted-printable or base64.
    let boundary = letter.id.bytes().fold("=_".to_owned(), |mut out, byte| {
        let written = write!(out, "{byte:02x}");
        debug_assert!(written.is_ok(), "a String takes what is written to it");
        out
    });
    let boundary: String = boundary.chars().take(70).collect();
    let parts = MultiPart::builder()
        .kind(lettre::message::MultiPartKind::Alternative)
        .boundary(boundary)
        .singlepart(SinglePart::plain(letter.text.clone()))
        .singlepart(SinglePart::html(letter.html.clone()));
    builder.multipart(parts).map_err(|error| cannot("cannot write the letter", &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_address() {
        for good in ["ada@firm.example", "Leads <leads@firm.example>", "\"Weber, J.\" <j.weber+x@firm.example>"] {
            assert!(mailbox(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "ada",
            "ada@",
            "@firm.example",
            "a@b.example, c@d.example",
            "ada@firm.example\r\nBcc: eve@else.example",
            "\"a b\"@firm.example",
            "ada@firm.example> RCPT TO:<eve@else.example",
        ] {
            assert!(mailbox(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(line("Acme\r\nBcc: eve@x\u{2028}\tGmbH\u{202e}", 99), "Acme Bcc: eve@x GmbH");
        assert_eq!(line("äöü ßäöü", 5), "äöü ß…");
        assert_eq!(plain("msg_1>\r\n@x"), "msg_1x");
    }
}
