//! What a rep is written of a lead: subject, text and HTML that say the same.
//!
//! Nothing personal about the contact is in it: a letter lies in mailboxes for years and is
//! forwarded; who the person is is shown to who is logged in. Nothing is fetched when it is read:
//! no image, no style sheet, no script; styles stand at the elements, because mail programs drop
//! the rest, and dark colours in a style element, which those that know dark read.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use pointsman_domain::Instant;
use pointsman_workhours::Zone;

use crate::{
    Cx, Locale,
    words::{mail as words, mine, tidy},
};

/// What happened, as far as the rep is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A decision gave it to the rep.
    Owned { due: Option<Instant> },
    /// A decision asks the rep.
    Offered { until: Instant },
    /// A person gave it to the rep.
    Reassigned { reason: Option<String>, by: Option<String> },
}

/// A lead, and what a rep is told of it.
#[derive(Debug, Clone)]
pub struct LeadMail<'a> {
    pub news: News,
    /// The rep's name.
    pub rep: String,
    pub company: Option<String>,
    pub source: String,
    pub arrived: Option<Instant>,
    /// Of the enquiry: names and values of attributes, none of them personal.
    pub known: Vec<(String, String)>,
    pub rule: Option<String>,
    /// Why this rep: what follows "because".
    pub because: Option<String>,
    /// The rep's clock.
    pub zone: &'a Zone,
    /// Where the lead is read, and where an offer is answered; none without an address of the server.
    pub page: Option<String>,
    pub respond: Option<String>,
    pub workspace: String,
}

/// A letter's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// What is written, before it is text or HTML.
#[derive(Debug, Default)]
struct Sheet {
    subject: String,
    greeting: Option<String>,
    /// What happened, in a sentence; and what follows from it.
    said: String,
    then: Vec<String>,
    rows: Vec<(String, String)>,
    because: Option<String>,
    /// Label and address; the first is the one that most readers want.
    links: Vec<(String, String)>,
    notes: Vec<String>,
}

/// The letter about a lead.
pub fn lead(mail: &LeadMail<'_>, cx: Cx) -> Written {
    written(&lead_sheet(mail, cx.locale), &mail.workspace, cx.locale)
}

/// A test of the way.
pub fn test(workspace: &str, cx: Cx) -> Written {
    let l = cx.locale;
    let (subject, said) = (words::test_subject(l, workspace), words::test(l));
    written(&Sheet { subject, said, ..Sheet::default() }, workspace, l)
}

fn lead_sheet(mail: &LeadMail<'_>, l: Locale) -> Sheet {
    let at = |at: Instant| l.on_clock(at, mail.zone);
    let what = mail.company.clone().unwrap_or_else(|| words::enquiry(l, &mail.source));
    let (subject, said, then) = match &mail.news {
        News::Owned { due } => {
            let due = due.map(|due| words::contact_by(l, &at(due)));
            (words::owned_subject(l, &what), words::owned(l, &what), due)
        }
        News::Offered { until } => {
            let until = at(*until);
            (words::offered_subject(l, &what, &until), words::offered(l, &what, &until), Some(words::else_goes_on(l)))
        }
        News::Reassigned { .. } => (words::reassigned_subject(l, &what), words::reassigned(l, &what), None),
    };
    let respond = mail.respond.iter().map(|href| (words::answer(l), href.clone()));
    let page = mail.page.iter().map(|href| (words::open(l), href.clone()));
    let who = mail.page.is_some().then(|| words::who(l));
    Sheet {
        subject,
        greeting: Some(words::hello(l, &mail.rep)),
        said: tidy(&said),
        then: then.into_iter().collect(),
        rows: rows(mail, l),
        because: mail.because.as_ref().map(|why| tidy(&words::because(l, why))),
        links: respond.chain(page).collect(),
        notes: who.into_iter().chain([words::times(l, mail.zone.name())]).collect(),
    }
}

fn rows(mail: &LeadMail<'_>, l: Locale) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    let mut add = |what: String, value: Option<String>| rows.extend(value.map(|value| (what, value)));
    add(mine::company(l), mail.company.clone());
    add(words::source(l), Some(mail.source.clone()));
    add(mine::arrived(l), mail.arrived.map(|at| l.on_clock(at, mail.zone)));
    mail.known.iter().for_each(|(name, value)| add(name.clone(), Some(value.clone())));
    add(words::rule(l), mail.rule.clone());
    if let News::Reassigned { reason, by } = &mail.news {
        add(words::reason(l), reason.clone());
        add(words::by(l), by.clone());
    }
    rows
}

fn written(sheet: &Sheet, workspace: &str, l: Locale) -> Written {
    let footer = words::sent_for(l, workspace);
    Written {
        subject: line(&sheet.subject),
        text: text(sheet, &footer),
        html: page(sheet, workspace, &footer, l).into_string(),
    }
}

/// What people typed stays on its line, so that nobody writes lines in our name.
fn line(text: &str) -> String {
    let ends = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().map(|c| if ends(c) { ' ' } else { c }).collect()
}

fn text(sheet: &Sheet, footer: &str) -> String {
    let mut out = String::new();
    let mut paragraph = |lines: &[String]| {
        if !lines.is_empty() {
            out += if out.is_empty() { "" } else { "\n" };
            lines.iter().for_each(|one| out += &format!("{}\n", line(one)));
        }
    };
    paragraph(sheet.greeting.as_slice());
    paragraph(&[std::slice::from_ref(&sheet.said), &sheet.then[..]].concat());
    paragraph(&sheet.rows.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>());
    paragraph(sheet.because.as_slice());
    for (label, href) in &sheet.links {
        paragraph(&[format!("{label}:"), href.clone()]);
    }
    paragraph(&sheet.notes);
    out += &format!("\n-- \n{}\n", line(footer));
    out
}

/// Of the pages' tokens, light; [`DARK`] has the others.
const BODY: &str = "margin:0;padding:0;background:#ffffff;color:#1b1f24;font:400 15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;-webkit-text-size-adjust:100%";
const FRAME: &str = "max-width:560px;margin:0 auto;padding:24px 20px 32px";
const KICKER: &str = "margin:0 0 20px;padding:0 0 12px;border-bottom:1px solid #e3e6ea;font-size:13px;color:#57606a";
const PRODUCT: &str = "font-weight:600;color:#1b1f24";
const SAID: &str =
    "margin:0 0 8px;font-size:22px;line-height:1.25;font-weight:600;letter-spacing:-0.01em;overflow-wrap:anywhere";
const PLAIN: &str = "margin:0 0 12px;overflow-wrap:anywhere";
const ROWS: &str = "width:100%;margin:16px 0;border-collapse:collapse;font-size:15px";
const NAME: &str = "width:32%;padding:6px 12px 6px 0;border-bottom:1px solid #e3e6ea;text-align:left;vertical-align:top;font-weight:400;color:#57606a;overflow-wrap:anywhere";
const VALUE: &str =
    "padding:6px 0;border-bottom:1px solid #e3e6ea;vertical-align:top;overflow-wrap:anywhere;word-break:break-word";
const FIRST: &str = "display:inline-block;margin:8px 0 4px;padding:12px 20px;border-radius:8px;background:#0b5fad;color:#ffffff;font-weight:600;text-decoration:none";
const OTHER: &str = "display:inline-block;margin:8px 0 4px;padding:12px 0;color:#0b5fad";
const NOTE: &str = "margin:0 0 6px;font-size:13px;color:#57606a;overflow-wrap:anywhere";
const FOOT: &str =
    "margin:20px 0 0;padding:12px 0 0;border-top:1px solid #e3e6ea;font-size:12px;color:#57606a;overflow-wrap:anywhere";
/// What a list of letters shows beside the subject; not shown in the letter.
const AHEAD: &str = "display:none;max-height:0;overflow:hidden";

const DARK: &str = ":root{color-scheme:light dark;supported-color-schemes:light dark}\
@media (prefers-color-scheme:dark){\
body,.body{background:#14181d!important;color:#e6eaef!important}\
.fg{color:#e6eaef!important}.mute{color:#a3adb8!important}.rule{border-color:#2b323a!important}\
.first{background:#6cb2ff!important;color:#14181d!important}.other{color:#6cb2ff!important}}";

fn page(sheet: &Sheet, workspace: &str, footer: &str, l: Locale) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(l.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                title { (line(&sheet.subject)) }
                style { (PreEscaped(DARK)) }
            }
            body class="body" style=(BODY) {
                @if let Some(then) = sheet.then.first() { div style=(AHEAD) aria-hidden="true" { (then) } }
                div style=(FRAME) {
                    p class="mute rule" style=(KICKER) { span class="fg" style=(PRODUCT) { "Pointsman" } " · " (workspace) }
                    @if let Some(greeting) = &sheet.greeting { p style=(PLAIN) { (greeting) } }
                    h1 class="fg" style=(SAID) { (sheet.said) }
                    @for one in &sheet.then { p style=(PLAIN) { (one) } }
                    (buttons(&sheet.links))
                    @if !sheet.rows.is_empty() { (table(&sheet.rows)) }
                    @if let Some(because) = &sheet.because { p style=(PLAIN) { (because) } }
                    @for note in &sheet.notes { p class="mute" style=(NOTE) { (note) } }
                    p class="mute rule" style=(FOOT) { (footer) }
                }
            }
        }
    }
}

fn buttons(links: &[(String, String)]) -> Markup {
    html! {
        @for (at, (label, href)) in links.iter().enumerate() {
            @let (class, style) = if at == 0 { ("first", FIRST) } else { ("other", OTHER) };
            div { a class=(class) style=(style) href=(href) { (label) } }
        }
    }
}

fn table(rows: &[(String, String)]) -> Markup {
    html! {
        table style=(ROWS) {
            @for (name, value) in rows {
                tr {
                    th class="mute rule" scope="row" style=(NAME) { (name) }
                    td class="rule" style=(VALUE) { (value) }
                }
            }
        }
    }
}
