//! Every live page in both languages: chosen once for all of them, and no English left on a German one.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::http::StatusCode;
use pointsman_decision::DocumentKind;
use pointsman_domain::Micros;
use pointsman_measure::kpi::Kpi;
use pointsman_report::words;
use pointsman_server::{
    ApiKey, ServeConfig,
    access::{RepFigures, Role},
};
use serde_json::json;

use crate::{
    deliveries, experiments,
    world::{Answer, Door, JSON, asking},
};

/// 2026-03-02, a Monday, 09:00 in Berlin.
const START: i64 = 1_772_438_400_000_000;
const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml");
const ADMIN: (&str, &str) = ("authorization", "Bearer secret-of-admin");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A company in which everything happens that pages tell of.
struct Company {
    door: Door,
    /// Of ada, who is a rep.
    session: String,
    leads: Vec<String>,
    token: String,
}

fn config(config: &mut ServeConfig) {
    let mut set = asking(3);
    let roster = String::from_utf8(set.get(DocumentKind::Roster, "").unwrap().to_vec()).unwrap();
    set.insert(DocumentKind::Roster, "", format!("{roster}\n[[pool]]\nid = 'nobody'\nreps = []\n").into_bytes());
    let policy = String::from_utf8(set.get(DocumentKind::Policy, "main").unwrap().to_vec()).unwrap();
    let never = "[[rule]]\nid = 'never'\nwhen = \"lead.country == 'CH' && lead.employees > 5\"\npool = 'all'\npick = 'least-loaded'\n[fallback]";
    set.insert(DocumentKind::Policy, "main", policy.replace("[fallback]", never).into_bytes());
    config.documents = Some(set);
    config.workspace = "crm".into();
    config.keys = vec![ApiKey {
        name: "admin".into(),
        hash: pointsman_store::log::digest(b"secret-of-admin"),
        scopes: Role::Admin.scopes(&RepFigures::default()),
    }];
}

impl Company {
    fn open() -> Self {
        let clock = Arc::new(AtomicI64::new(START));
        let door = Door::open_at(Arc::new(tempfile::tempdir().unwrap()), &clock, config);
        let pass = |length: Micros| {
            clock.fetch_add(length.0, Ordering::Relaxed);
        };
        let post = |path: &str, body: &str| {
            let answer = door.call("POST", path, &[JSON, ADMIN], body);
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
            answer
        };
        let user = json!({ "name": "ada", "password": "a long sentence is good", "role": "rep", "rep": "ada" });
        post("/v1/users", &user.to_string());
        post("/v1/absences", &json!({ "rep": "bo", "until": "2090-01-01", "backup": "cy" }).to_string());
        post("/v1/absences", &json!({ "rep": "di", "to": "eve", "until": "2090-01-01" }).to_string());
        let mut leads = Vec::new();
        for n in 0..14 {
            let country = ["DE", "CH", "IT", "AT"][n % 4];
            let sent = post("/v1/leads", &crate::world::lead_body(country, &format!("p{n}")));
            leads.push(sent.str("/lead"));
            pass(Micros::MINUTE);
            if n % 4 == 0 {
                let body = json!({ "lead": leads[n], "kind": "call", "reached": n % 8 == 0 });
                post("/v1/activities", &body.to_string());
                pass(Micros::MINUTE.times(7));
            }
            if n % 8 == 0 {
                let body = json!({ "lead": leads[n], "stage": "won", "value": { "minor_units": 70_000 } });
                post("/v1/outcomes", &body.to_string());
            }
        }
        let asked = post("/v1/leads", &crate::world::lead_body("IT", "asked"));
        let token =
            door.state.links.token(asked.str("/decision").parse().unwrap(), asked.str("/until").parse().unwrap());
        let spec = experiments::spec("fast", experiments::SIGNED, "");
        post("/v1/experiments", &json!({ "spec": spec, "by": "olga", "reason": "first" }).to_string());
        post("/v1/experiments/fast/steps", &json!({ "action": "start", "by": "olga", "reason": "go" }).to_string());
        for n in 0..4 {
            post("/v1/leads", &crate::world::lead_body("DE", &format!("t{n}")));
        }
        let login = door.call("POST", "/login", &[FORM], "name=ada&password=a+long+sentence+is+good");
        let session = login.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        Self { door, session, leads, token }
    }

    fn as_admin(&self, path: &str, lang: &str) -> Answer {
        loop {
            let page = self.door.call("GET", path, &[ADMIN, HTML, ("accept-language", lang)], "");
            if !page.text.contains("id=\"being-made\"") {
                return page;
            }
        }
    }

    fn as_rep(&self, path: &str, lang: &str) -> Answer {
        self.door.call("GET", path, &[("cookie", &self.session), HTML, ("accept-language", lang)], "")
    }

    fn anybody(&self, method: &str, path: &str, lang: &str, body: &str) -> Answer {
        self.door.call(method, path, &[HTML, FORM, ("accept-language", lang)], body)
    }
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// What a reader sees or hears, piece by piece.
fn texts(html: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        all.insert(rest[..open].trim().to_owned());
        let tag = &rest[open..];
        let end = tag.find('>').map_or(tag.len(), |end| end + 1);
        for said in ["aria-label=\"", "data-tip=\"", "alt=\"", "title=\""] {
            let value = tag[..end].split_once(said).and_then(|(_, after)| after.split_once('"'));
            all.extend(value.map(|(value, _)| value.to_owned()));
        }
        let skipped = ["script", "style"].into_iter().find(|name| tag[1..].starts_with(name));
        rest = match skipped.and_then(|name| tag.find(&format!("</{name}>"))) {
            Some(close) => &tag[close..],
            None => &tag[end..],
        };
        // What says of itself that it is in another language is a link to it.
        if tag[..end].contains("hreflang=") {
            rest = rest.find('<').map_or("", |close| &rest[close..]);
        }
    }
    all.iter().map(|text| unescaped(text)).collect()
}

/// Its words, as they are written.
fn word_list(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() > 1)
}

/// Names that people gave, and words that both languages have; everything else that reads the same in
/// both was not translated.
fn known() -> BTreeSet<String> {
    let given = "Pointsman DE CH IT AT ada bo cy di eve all nobody swiss waits rest asks never main open country employees \
                 website lead crm http hook olga ops admin fast old new qualified lost time call go first \
                 least loaded answers sooner by unassigned example com EUR Europe Berlin UTC Policy SLA API p \
                 record up to row as of am id epoch experiment report webhooks NAME pointsman toml docs md sector technology \
                 retail started topics age value won rep pool policy when pick webhook draft refused connection os error tcp \
                 connect Connection worked owned Kaplan Meier Gini POST v CSV JSON pp";
    let mut known: BTreeSet<String> = given.split_whitespace().map(Into::into).collect();
    let same = words::entries().filter(|entry| entry.en == entry.de);
    known.extend(same.flat_map(|entry| word_list(entry.en).map(Into::into).collect::<Vec<_>>()));
    known
}

/// Whole phrases of the English catalogue that the German one does not have anywhere.
fn english_only() -> Vec<String> {
    let german: String = words::entries().map(|entry| entry.de).collect::<Vec<_>>().join("\n");
    let pieces = words::entries().flat_map(|entry| entry.en.split(['{', '}']).step_by(2).collect::<Vec<_>>());
    let long = pieces.map(str::trim).filter(|piece| piece.len() >= 8 && piece.contains(' '));
    long.filter(|piece| !german.contains(piece)).map(Into::into).collect()
}

/// Commands, and what other machines answered, stay as they are.
fn is_technical(text: &str) -> bool {
    let is_slug = !text.contains(' ') && Kpi::parse(text).is_some();
    is_slug || ["pointsman ", "record up to row", "cannot connect to"].iter().any(|part| text.contains(part))
}

fn check(name: &str, english: &Answer, german: &Answer) {
    assert_eq!(english.status, german.status, "{name}");
    assert!(english.text.contains("<html lang=\"en\""), "{name}: {}", english.text);
    assert!(german.text.contains("<html lang=\"de\""), "{name}: {}", german.text);
    let (ours, theirs) = (texts(&german.text), texts(&english.text));
    let known = known();
    let mut wrong = Vec::new();
    let id = |word: &str| {
        word.len() > 20 || word.contains('@') || word.starts_with(".tmp") || word.chars().any(|c| c.is_ascii_digit())
    };
    for same in ours.intersection(&theirs).filter(|text| !is_technical(text)) {
        // A lead's id, a digest and an address are the same everywhere.
        let plain: Vec<&str> = same.split_whitespace().filter(|part| !id(part) && !part.contains(['/', '_'])).collect();
        let strange: Vec<&str> =
            plain.iter().flat_map(|part| word_list(part)).filter(|word| !known.contains(*word)).collect();
        if !strange.is_empty() {
            wrong.push(format!("'{same}' reads the same in German: {strange:?}"));
        }
    }
    let all = ours.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
    wrong.extend(english_only().into_iter().filter(|phrase| all.contains(phrase)).map(|phrase| format!("'{phrase}'")));
    // All of a page at once: a word forgotten seldom comes alone.
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
}

#[test]
fn every_page_speaks_the_language_of_its_reader() {
    let company = Company::open();
    let both = |path: &str| check(path, &company.as_admin(path, "en"), &company.as_admin(path, "de"));
    let (owned, parked, offered) = (&company.leads[0], &company.leads[1], &company.leads[2]);
    for path in [
        "/",
        "/leads",
        "/leads?state=parked",
        "/leads?limit=2",
        "/team",
        "/prices",
        "/policies",
        "/connections",
        "/experiments",
        "/experiments/fast",
        "/kpi",
        "/kpi/conversion",
        "/kpi/conversion/leads",
        "/flow",
        "/flow?quarter=2020-Q1",
        "/roi",
    ] {
        both(path);
    }
    for lead in [owned, parked, offered] {
        both(&format!("/leads/{lead}"));
    }
    both(&format!("/leads/{owned}?why_not=bo"));
    let look = company.door.call("POST", "/v1/experiments/fast/looks", &[JSON, ADMIN], "{}");
    assert_eq!(look.status, StatusCode::OK, "{}", look.text);
    both("/experiments/fast");
    // What a rep sees, logged in and by a link.
    let rep = |path: &str| check(path, &company.as_rep(path, "en"), &company.as_rep(path, "de"));
    rep("/me");
    rep("/login");
    let anybody = |method: &str, path: &str, body: &str| {
        let call = |lang| company.anybody(method, path, lang, body);
        check(path, &call("en"), &call("de"));
    };
    let link = format!("/a/{}", company.token);
    anybody("GET", &link, "");
    anybody("GET", "/login?next=/kpi", "");
    anybody("POST", "/login", "name=ada&password=wrong");
    assert_eq!(company.anybody("POST", &link, "de", "answer=declined").status, StatusCode::SEE_OTHER);
    anybody("GET", &link, "");
    company.door.stop();
}

#[test]
fn messages_that_wait_are_told_in_both_languages() {
    // Nobody listens there.
    let sink = deliveries::sink("http://127.0.0.1:9/hook", 16, &[]);
    let clock = Arc::new(AtomicI64::new(START));
    let (door, tasks) = deliveries::open(Arc::new(tempfile::tempdir().unwrap()), &clock, &sink);
    for person in ["p", "p2"] {
        door.lead("DE", person);
    }
    let page = |lang| door.call("GET", "/connections", &[HTML, ("accept-language", lang)], "");
    deliveries::wait_until("a message waits", || {
        clock.fetch_add(100_000, Ordering::Relaxed);
        page("de").text.contains("/retry")
    });
    drop(tasks);
    check("/connections", &page("en"), &page("de"));
    door.stop();
}

#[test]
fn faults_are_pages_in_the_language_of_the_reader() {
    let company = Company::open();
    let both = |path: &str, status: u16| {
        let (english, german) = (company.as_admin(path, "en"), company.as_admin(path, "de"));
        assert_eq!(german.status.as_u16(), status, "{path}");
        check(path, &english, &german);
        let id = german.headers["x-request-id"].to_str().unwrap();
        assert!(german.text.contains(id), "{path}: the page names its request");
    };
    both("/leads/lead_01h2xcejqtf2nbrexx3vqjhp41", 404);
    both("/no-such-page", 404);
    both("/policies?name=none", 404);
    both("/me", 422);
    // What is wrong with an address is told in detail.
    for (path, told) in [
        ("/kpi?quarter=2026", "Im Einzelnen: 'quarter' ist kein Quartal wie 2026-Q3."),
        ("/kpi?from=2026-07-01", "ein Zeitraum ist 'quarter', oder 'from' und 'until' zusammen"),
        ("/kpi?from=2026-07-01&until=2026-06-01", "'until' muss nach 'from' liegen"),
        ("/kpi?from=today&until=2026-06-01", "'from' ist kein Datum wie 2026-07-01"),
        ("/kpi?part=x", "'part' ist keins von "),
        ("/kpi?colour=red", "'colour' ist keine Angabe zu Kennzahlen"),
        ("/kpi/conversion/leads?limit=0", "'limit' ist keine Zahl von 1 bis 200"),
        ("/kpi/conversion/leads?cursor=x", "'cursor' ist kein 'next' einer Seite"),
        ("/flow?colour=red", "'colour' ist keine Angabe zum Ablauf"),
        ("/leads?state=x", "'state' ist keins von owned, offered, held, parked, closed"),
        ("/roi?quarter=2026", "'quarter' ist kein Quartal wie 2026-Q3"),
    ] {
        let page = company.as_admin(path, "de");
        assert!(
            page.status == 400 && texts(&page.text).iter().any(|text| text.contains(told)),
            "{path}: {}",
            page.text
        );
    }
    // What only a library can say is marked as English.
    let page = company.as_admin("/policies?colour=red", "de");
    assert!(page.status == 400 && page.text.contains("Technisch, auf Englisch: "), "{}", page.text);
    assert_eq!(company.as_admin("/team?lang=fr", "de").status, StatusCode::BAD_REQUEST);
    let sent = |path: &str, body: &str| {
        let headers = [
            ("cookie", company.session.as_str()),
            ("host", "x"),
            ("origin", "http://x"),
            HTML,
            FORM,
            ("accept-language", "de"),
        ];
        company.door.call("POST", path, &headers, body)
    };
    // Whoever gave a lead away and takes it after all is told so.
    let mut mine = company.leads.iter().map(|lead| format!("/me/leads/{lead}"));
    let given_away = mine.find(|path| sent(path, "answer=declined&reason=moved").status == StatusCode::SEE_OTHER);
    let answer = sent(&given_away.unwrap(), "answer=accepted");
    assert!(answer.text.contains("inzwischen bei jemand anderem"), "{}", answer.text);
    // A program gets the same as JSON, whatever language it speaks.
    let api = company.door.call("GET", "/kpi?quarter=2026", &[ADMIN, ("accept-language", "de")], "");
    assert_eq!(api.json()["type"], "/docs#bad-parameter");
    company.door.stop();
}

#[test]
fn a_language_that_was_chosen_is_kept() {
    let company = Company::open();
    let get = |path: &str, cookie: &str| {
        company.door.call("GET", path, &[ADMIN, HTML, ("accept-language", "en"), ("cookie", cookie)], "")
    };
    let chosen = get("/leads?limit=2&lang=de", "");
    let cookie = chosen.headers["set-cookie"].to_str().unwrap();
    assert_eq!(cookie, "pointsman_lang=de; Path=/; Max-Age=31536000; SameSite=Lax");
    assert!(chosen.text.contains("href=\"/leads?limit=2&amp;lang=en\""), "the same page in the other language");
    let next = get("/team", "pointsman_lang=de");
    assert!(next.text.contains("<html lang=\"de\"") && !next.headers.contains_key("set-cookie"));
    assert!(get("/team?lang=en", "pointsman_lang=de").text.contains("<html lang=\"en\""));
    company.door.stop();
}
