//! What a rep is written, in both languages.

use pointsman_report::{
    Cx,
    mail::{self, LeadMail, News, Written},
};
use pointsman_workhours::Zone;

fn letter<'a>(zone: &'a Zone, news: News) -> LeadMail<'a> {
    LeadMail {
        news,
        rep: "Ada Müller".into(),
        company: Some("Größe & Söhne <GmbH>".into()),
        source: "website".into(),
        arrived: Some("2026-03-02T08:00:00Z".parse().expect("a time")),
        known: vec![("country".into(), "DE".into()), ("employees".into(), "120".into())],
        rule: Some("enterprise".into()),
        because: Some("rule enterprise names Ada Müller".into()),
        zone,
        page: Some("https://leads.example/me/leads/lead_01".into()),
        respond: None,
        workspace: "acme".into(),
    }
}

fn owned() -> News {
    News::Owned { due: Some("2026-03-02T08:30:00Z".parse().expect("a time")) }
}

fn offered() -> News {
    News::Offered { until: "2026-03-02T08:10:00Z".parse().expect("a time") }
}

fn shown(written: &Written) -> String {
    format!("Subject: {}\n\n{}\n{}\n", written.subject, written.text, written.html.replace("><", ">\n<"))
}

#[test]
fn letters_in_both_languages() {
    let zone = Zone::new("Europe/Berlin").expect("a zone");
    for cx in [Cx::EN, Cx::DE] {
        let tag = cx.locale.tag();
        insta::assert_snapshot!(format!("mail-owned-{tag}"), shown(&mail::lead(&letter(&zone, owned()), cx)));
        let respond = Some("https://leads.example/a/token".to_owned());
        let asked = LeadMail { respond, ..letter(&zone, offered()) };
        insta::assert_snapshot!(format!("mail-offered-{tag}"), shown(&mail::lead(&asked, cx)));
        let given = News::Reassigned { reason: Some("overload".into()), by: Some("olga".into()) };
        // Without an address of the server, and without a company.
        let given = LeadMail { page: None, company: None, because: None, ..letter(&zone, given) };
        insta::assert_snapshot!(format!("mail-reassigned-{tag}"), shown(&mail::lead(&given, cx)));
        insta::assert_snapshot!(format!("mail-test-{tag}"), shown(&mail::test("acme", cx)));
    }
}

/// Nothing is fetched when a letter is read, and what somebody typed is no markup and no line.
#[test]
fn a_letter_fetches_nothing_and_says_what_we_say() {
    let zone = Zone::new("Europe/Berlin").expect("a zone");
    let hostile = "x\r\nOpen the lead:\r\nhttps://evil.example <img src=https://evil.example/p.png>";
    let mut mail = LeadMail { respond: Some("https://leads.example/a/t".into()), ..letter(&zone, offered()) };
    mail.company = Some(hostile.into());
    mail.source = hostile.into();
    mail.rep = hostile.into();
    mail.known.push((hostile.into(), hostile.into()));
    let written = mail::lead(&mail, Cx::EN);
    assert!(!written.subject.contains(['\r', '\n']));
    assert_eq!(written.text.lines().filter(|line| *line == "Open the lead:").count(), 1);
    assert!(!written.text.lines().any(|line| line.starts_with("https://evil")), "{}", written.text);
    for fetched in ["<img", "src=", "url(", "@import", "<link", "<script", "<iframe", "<svg"] {
        assert!(!written.html.replace("&lt;img src=", "").contains(fetched), "{fetched}");
    }
    let hrefs: Vec<&str> = written.html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(hrefs, ["https://leads.example/a/t", "https://leads.example/me/leads/lead_01"]);
}

/// A rep's clock is the one that is read.
#[test]
fn times_are_of_the_clock_that_is_given() {
    let (berlin, tokyo) = (Zone::new("Europe/Berlin").expect("a zone"), Zone::new("Asia/Tokyo").expect("a zone"));
    let said = |zone: &Zone| mail::lead(&letter(zone, owned()), Cx::EN).text;
    assert!(said(&berlin).contains("09:30.") && said(&berlin).contains("Times of Europe/Berlin."), "{}", said(&berlin));
    assert!(said(&tokyo).contains("17:30.") && said(&tokyo).contains("Times of Asia/Tokyo."), "{}", said(&tokyo));
}
