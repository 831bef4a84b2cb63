//! Letters to reps, through a mail server that answers as a test wants.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
        mpsc::{Receiver, channel},
    },
    time::Duration,
};

use pointsman_connect::{MailServer, Mailer, mail::MailerConfig};
use pointsman_decision::{DocumentKind, DocumentSet};
use pointsman_report::Locale;
use pointsman_server::{
    ServeConfig,
    deliver::{self, Outlet, Sink},
};
use serde_json::Value;

use crate::{
    deliveries::{begin, clock, folder, wait_until},
    world::{Door, JSON, asking},
};

/// What a mail server says to a letter for somebody, before it takes or refuses it: none takes it.
type Says = Arc<dyn Fn(&Letter) -> Option<&'static str> + Send + Sync>;

#[derive(Debug, Clone, Default, PartialEq)]
struct Letter {
    to: String,
    /// As it came.
    raw: String,
}

impl Letter {
    fn header(&self, name: &str) -> String {
        let head = self.raw.split("\r\n\r\n").next().unwrap();
        let unfolded = head.replace("\r\n ", " ");
        let line = unfolded.lines().find(|line| line.to_lowercase().starts_with(&format!("{}:", name.to_lowercase())));
        line.unwrap_or_else(|| panic!("no {name} in {head}")).split_once(": ").unwrap().1.to_owned()
    }

    /// The part of this type, as it is read.
    fn part(&self, kind: &str) -> String {
        let part = self.raw.split("--=_").find(|part| part.contains(&format!("Content-Type: {kind}"))).unwrap();
        let (head, body) = part.split_once("\r\n\r\n").unwrap();
        if head.contains("quoted-printable") { quoted_printable(body) } else { body.to_owned() }
    }

    fn text(&self) -> String {
        self.part("text/plain")
    }

    /// What follows a label in the text, on the next line.
    fn link(&self, label: &str) -> Option<String> {
        let text = self.text();
        let mut lines = text.lines().skip_while(|line| *line != format!("{label}:"));
        lines.nth(1).map(ToOwned::to_owned)
    }
}

fn quoted_printable(body: &str) -> String {
    let joined = body.replace("=\r\n", "");
    let mut out = Vec::new();
    let mut bytes = joined.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'=' {
            let hex = [bytes.next().unwrap(), bytes.next().unwrap()];
            out.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).unwrap()
}

/// A mail server on this machine.
struct Post {
    port: u16,
    taken: Arc<Mutex<Vec<Letter>>>,
    tries: Arc<Mutex<Vec<Letter>>>,
    says: Arc<Mutex<Says>>,
}

impl Post {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (taken, tries): (Arc<Mutex<Vec<Letter>>>, _) = (Arc::default(), Arc::<Mutex<Vec<Letter>>>::default());
        let says: Arc<Mutex<Says>> = Arc::new(Mutex::new(Arc::new(|_| None)));
        let shared = (Arc::clone(&taken), Arc::clone(&tries), Arc::clone(&says));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (taken, tries, says) = (Arc::clone(&shared.0), Arc::clone(&shared.1), Arc::clone(&shared.2));
                std::thread::spawn(move || talk(BufReader::new(stream.unwrap()), &taken, &tries, &says));
            }
        });
        Self { port, taken, tries, says }
    }

    fn answer(&self, says: impl Fn(&Letter) -> Option<&'static str> + Send + Sync + 'static) {
        *self.says.lock().unwrap() = Arc::new(says);
    }

    fn taken(&self) -> Vec<Letter> {
        self.taken.lock().unwrap().clone()
    }

    fn tries(&self) -> Vec<Letter> {
        self.tries.lock().unwrap().clone()
    }

    fn sink(&self, attempts: u32) -> Arc<Sink> {
        let config = MailerConfig {
            server: MailServer::parse(&format!("smtp://127.0.0.1:{}", self.port)).unwrap(),
            from: "Pointsman <leads@firm.example>",
            reply_to: None,
            login: None,
            authorities: None,
            patience: Duration::from_secs(5),
        };
        let events = ["lead.owned", "lead.offered", "lead.reassigned"].map(|event| event.parse().unwrap()).into();
        Arc::new(Sink { name: "reps".into(), outlet: Outlet::Mail(Mailer::new(config).unwrap()), events, attempts })
    }
}

/// Speaks until the other side leaves.
fn talk(
    mut stream: BufReader<std::net::TcpStream>,
    taken: &Mutex<Vec<Letter>>,
    tries: &Mutex<Vec<Letter>>,
    says: &Mutex<Says>,
) -> Option<()> {
    let mut letter = Letter::default();
    stream.get_mut().write_all(b"220 mail.example\r\n").ok()?;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let mut answer = "250 ok";
        if let Some(to) = line.strip_prefix("RCPT TO:<") {
            letter = Letter { to: to.trim_end().trim_end_matches('>').into(), raw: String::new() };
        } else if line.starts_with("DATA") {
            stream.get_mut().write_all(b"354 go on\r\n").ok()?;
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
                if line == ".\r\n" {
                    break;
                }
                letter.raw += line.strip_prefix('.').unwrap_or(&line);
            }
            tries.lock().unwrap().push(letter.clone());
            let decides = Arc::clone(&*says.lock().unwrap());
            match decides(&letter) {
                Some(refusal) => answer = refusal,
                None => taken.lock().unwrap().push(letter.clone()),
            }
        }
        stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).ok()?;
    }
}

/// Reps in turn: ada, bo, cy on the other side of the world, di whose address is none, eve without.
fn mailed() -> DocumentSet {
    let mut set = asking(50);
    let mut roster = String::from_utf8(set.get(DocumentKind::Roster, "").unwrap().to_vec()).unwrap();
    for (id, more) in [
        ("ada", "name = 'Ada Müller'\nemail = 'ada@firm.example'"),
        ("bo", "email = 'bo@firm.example'"),
        ("cy", "email = 'cy@firm.example'\nzone = 'Asia/Tokyo'"),
        ("di", "email = 'nonsense'"),
    ] {
        roster = roster.replace(&format!("id = '{id}'\n"), &format!("id = '{id}'\n{more}\n"));
    }
    set.insert(DocumentKind::Roster, "", roster.into_bytes());
    set
}

/// The same where every rep has an address.
fn all_reached() -> DocumentSet {
    let mut set = mailed();
    let roster = String::from_utf8(set.get(DocumentKind::Roster, "").unwrap().to_vec()).unwrap();
    let roster = roster.replace("'nonsense'", "'di@firm.example'");
    let roster = roster.replace("id = 'eve'\n", "id = 'eve'\nemail = 'eve@firm.example'\n");
    set.insert(DocumentKind::Roster, "", roster.into_bytes());
    set
}

fn open(
    post: &Post,
    clock: &Arc<AtomicI64>,
    change: impl FnOnce(&mut ServeConfig),
) -> (Door, tokio::task::JoinSet<()>) {
    let door = Door::open_at(folder(), clock, |config: &mut ServeConfig| {
        config.documents = Some(mailed());
        config.sinks = vec![post.sink(3)];
        config.public_url = Some("https://leads.example".into());
        change(config);
    });
    begin(door, clock)
}

fn reps(door: &Door) -> Value {
    door.get("/v1/deliveries").json()["sinks"][0].clone()
}

fn lead(door: &Door, country: &str, n: u32) -> String {
    let body = format!(
        r#"{{"source":"website","attributes":{{"country":"{country}","employees":12,"age":77}},
            "account":{{"name":"Größe & Söhne","domain":"firm{n}.example"}},
            "contact":{{"name":"Paula Persönlich","email":"paula{n}@example.com","phone":"+4930123456{n}"}}}}"#
    );
    let answer = door.post("/v1/leads", &body);
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    answer.str("/lead")
}

/// A person gives ada's lead to somebody else.
fn give(door: &Door, lead: &str, rep: &str) {
    let body = format!(r#"{{"rep":"{rep}","reason":"overload","by":"olga"}}"#);
    let answer = door.call("POST", &format!("/v1/leads/{lead}/assignment"), &[JSON, ("if-match", "\"ada\"")], &body);
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
}

#[test]
fn a_rep_is_written_of_a_lead_and_nothing_of_the_person() {
    let (post, clock) = (Post::start(), clock());
    let (door, tasks) = open(&post, &clock, |_| {});
    let first = lead(&door, "DE", 1);
    wait_until("it arrives", || post.taken().len() == 1);
    let letter = post.taken().remove(0);
    assert_eq!(
        (&*letter.to, letter.header("To")),
        ("ada@firm.example", "=?utf-8?b?QWRhIE3DvGxsZXI=?= <ada@firm.example>".into())
    );
    let text = letter.text();
    for said in [
        "Hello Ada Müller,",
        "This lead is yours: Größe & Söhne.",
        "Company: Größe & Söhne",
        "country: DE",
        "employees: 12",
        "Rule: rest",
        "You were chosen because rule rest",
        "Times of Europe/Berlin.",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
    assert!(text.contains("Contact it by 2\u{a0}Mar\u{a0}2026, 09:30."), "{text}");
    let html = letter.part("text/html");
    for whole in [&text, &html, &letter.raw] {
        for personal in ["Paula", "paula", "4930123456", "Pers"] {
            assert!(!whole.contains(personal), "{personal} in {whole}");
        }
    }
    assert!(!text.contains("age: 77") && !html.contains("age"), "a personal attribute: {text}");
    assert_eq!(letter.link("Open the lead"), Some(format!("https://leads.example/leads/{first}")));
    assert_eq!(letter.link("Accept or decline"), None);
    assert_eq!(letter.header("Auto-Submitted"), "auto-generated");
    assert_eq!(letter.header("Date"), "Mon, 02 Mar 2026 08:00:00 +0000");
    assert!(letter.header("References").starts_with(&format!("<{first}.")), "{}", letter.header("References"));
    assert_eq!(letter.header("References"), letter.header("In-Reply-To"));
    // A rep's own clock, where the roster has one.
    lead(&door, "DE", 2);
    lead(&door, "DE", 3);
    wait_until("all arrive", || post.taken().len() == 3);
    let to_cy = post.taken().into_iter().find(|letter| letter.to == "cy@firm.example").unwrap().text();
    assert!(to_cy.contains(", 17:30.") && to_cy.contains("Times of Asia/Tokyo."), "{to_cy}");
    assert!(to_cy.contains("Hello cy,"), "a rep without a name is called as the roster does: {to_cy}");
    // A person gives the lead to somebody else, who is written in the same thread.
    give(&door, &first, "bo");
    wait_until("so is that", || post.taken().len() == 4);
    let given = post.taken().remove(3);
    assert_eq!((&*given.to, given.header("References")), ("bo@firm.example", letter.header("References")));
    assert!(given.text().contains("This lead was given to you") && given.text().contains("Reason: overload"));
    let ids: BTreeSet<String> = post.taken().iter().map(|letter| letter.header("Message-ID")).collect();
    assert_eq!(ids.len(), 4);
    wait_until("it is counted", || reps(&door)["delivered"] == 4);
    assert_eq!(reps(&door)["url"], format!("smtp://127.0.0.1:{}", post.port));
    let metrics = door.get("/metrics").text;
    assert!(metrics.contains("pointsman_deliveries_total{sink=\"reps\",result=\"arrived\"} 4"), "{metrics}");
    // Whoever was written was notified.
    let notified = door.get("/v1/kpis/clock-notified").json()["detail"]["figure"]["now"]["n"].clone();
    assert_eq!(notified, 3, "{notified}");
    drop(tasks);
    door.stop();
}

#[test]
fn an_offer_holds_the_link_that_answers_it_in_the_language_of_the_workspace() {
    let (post, clock) = (Post::start(), clock());
    let (door, tasks) = open(&post, &clock, |config| config.language = Locale::De);
    let id = lead(&door, "IT", 1);
    wait_until("ada is asked", || post.taken().len() == 1);
    let asked = post.taken().remove(0);
    let text = asked.text();
    assert!(text.contains("Guten Tag Ada Müller,\r\n"), "{text}");
    assert!(text.contains("Dieser Lead ist Ihnen bis 02.03.2026, 09:10 angeboten: Größe & Söhne."), "{text}");
    assert!(text.contains("Sie wurden gewählt, weil Regel asks"), "{text}");
    let link = asked.link("Annehmen oder ablehnen").unwrap();
    assert!(asked.part("text/html").contains(&format!("href=\"{link}\"")), "both say the same");
    let link = link.strip_prefix("https://leads.example").unwrap().to_owned();
    let state = || door.get(&format!("/v1/leads/{id}")).str("/custody");
    assert_eq!((door.get(&link).status.as_u16(), state().as_str()), (200, "offered"), "opening changes nothing");
    let form = ("content-type", "application/x-www-form-urlencoded");
    assert_eq!(door.call("POST", &link, &[form], "answer=declined&reason=no").status.as_u16(), 303);
    wait_until("bo is asked next", || post.taken().len() == 2);
    let next = post.taken().remove(1);
    assert_eq!((&*next.to, next.header("References")), ("bo@firm.example", asked.header("References")));
    let link = next.link("Annehmen oder ablehnen").unwrap();
    let link = link.strip_prefix("https://leads.example").unwrap();
    assert_eq!(door.call("POST", link, &[form], "answer=accepted").status.as_u16(), 303);
    assert_eq!((state().as_str(), door.get(&format!("/v1/leads/{id}")).str("/owner").as_str()), ("owned", "bo"));
    drop(tasks);
    door.stop();
}

#[test]
fn without_an_address_of_the_server_there_are_no_links() {
    let (post, clock) = (Post::start(), clock());
    let (door, tasks) = open(&post, &clock, |config| config.public_url = None);
    lead(&door, "IT", 1);
    wait_until("it arrives", || post.taken().len() == 1);
    let letter = post.taken().remove(0);
    assert!(!letter.text().contains("http") && !letter.part("text/html").contains("href"), "{}", letter.text());
    drop(tasks);
    door.stop();
}

#[test]
fn whom_no_letter_reaches_is_no_error_and_holds_nobody_up() {
    let (post, clock) = (Post::start(), clock());
    let (door, tasks) = open(&post, &clock, |_| {});
    // ada, bo, cy, di whose address is none, eve without one, ada again.
    for n in 1..=6 {
        lead(&door, "DE", n);
    }
    wait_until("the others are written", || post.taken().len() == 4);
    let dead = || door.get("/v1/deliveries?state=dead").json()["deliveries"].clone();
    wait_until("di's is given up at once", || dead().as_array().unwrap().len() == 1);
    let why = dead()[0]["error"].as_str().unwrap().to_owned();
    assert!(why.contains("'nonsense' is no e-mail address") && dead()[0]["attempts"] == 1, "{why}");
    wait_until("eve's is settled", || {
        clock.fetch_add(100_000, Ordering::Relaxed);
        door.get("/metrics").text.contains("pointsman_deliveries_total{sink=\"reps\",result=\"no_address\"} 1")
    });
    let standing = reps(&door);
    assert_eq!((&standing["waiting"], &standing["delivered"], &standing["dead"]), (&0.into(), &4.into(), &1.into()));
    let page = door.get("/connections").text;
    assert!(page.contains("whom no letter reaches: 2 (di, eve)"), "{page}");
    drop(tasks);
    door.stop();
}

#[test]
fn a_refused_letter_holds_its_lead_and_no_other() {
    let (post, clock) = (Post::start(), clock());
    let (door, tasks) = open(&post, &clock, |_| {});
    post.answer(|letter| (letter.to == "ada@firm.example").then_some("452 4.2.2 mailbox full"));
    let id = lead(&door, "DE", 1);
    give(&door, &id, "cy");
    lead(&door, "DE", 2);
    wait_until("bo is not held up", || post.taken().iter().any(|letter| letter.to == "bo@firm.example"));
    let listed = |state: &str| door.get(&format!("/v1/deliveries?state={state}")).json()["deliveries"].clone();
    wait_until("both of the lead wait", || listed("waiting").as_array().unwrap().len() == 2);
    assert!(post.taken().iter().all(|letter| letter.to != "cy@firm.example"), "the second would be before the first");
    assert!(listed("waiting")[0]["error"].as_str().unwrap().contains("452 4.2.2 mailbox full"));
    // Never: given up at the first no, with the server's words; what follows goes on.
    post.answer(|letter| (letter.to == "ada@firm.example").then_some("550 5.1.1 no such user"));
    wait_until("cy is written", || {
        clock.fetch_add(1_000_000, Ordering::Relaxed);
        post.taken().iter().any(|letter| letter.to == "cy@firm.example")
    });
    let dead = listed("dead");
    assert_eq!((dead.as_array().unwrap().len(), &dead[0]["attempts"]), (1, &2.into()), "{dead}");
    assert!(dead[0]["error"].as_str().unwrap().contains("550 5.1.1 no such user"), "{dead}");
    // A person puts it right.
    post.answer(|_| None);
    let answer = door.post(&format!("/v1/deliveries/{}/retry", dead[0]["id"].as_str().unwrap()), "");
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    wait_until("ada is written", || {
        clock.fetch_add(500_000, Ordering::Relaxed);
        post.taken().iter().any(|letter| letter.to == "ada@firm.example")
    });
    let ids: BTreeSet<String> = post
        .tries()
        .iter()
        .filter(|letter| letter.to == "ada@firm.example")
        .map(|letter| letter.header("Message-ID"))
        .collect();
    assert_eq!(ids.len(), 1, "the same letter every time");
    drop(tasks);
    door.stop();
}

#[test]
fn while_the_mail_server_is_down_one_letter_asks_and_none_is_lost() {
    let (post, clock) = (Post::start(), clock());
    let (door, tasks) = open(&post, &clock, |config| config.documents = Some(all_reached()));
    post.answer(|_| Some("421 4.3.2 closing"));
    for n in 1..=60 {
        lead(&door, "DE", n);
    }
    wait_until("it is known to be down", || reps(&door)["error"].as_str().is_some_and(|why| why.contains("421")));
    let before = post.tries().len();
    wait_until("it is asked again", || {
        clock.fetch_add(1_000_000, Ordering::Relaxed);
        post.tries().len() >= before + 4
    });
    let standing = reps(&door);
    assert!(standing["waiting"].as_u64().unwrap() <= 20, "the others are not touched: {standing}");
    assert_eq!((&standing["delivered"], &standing["dead"]), (&0.into(), &0.into()));
    post.answer(|_| None);
    wait_until("all of it arrives", || {
        clock.fetch_add(1_000_000, Ordering::Relaxed);
        post.taken().len() >= 60
    });
    let ids: BTreeSet<String> = post.taken().iter().map(|letter| letter.header("Message-ID")).collect();
    assert_eq!((ids.len(), post.taken().len()), (60, 60), "each once");
    wait_until("nothing is left", || reps(&door)["waiting"] == 0 && reps(&door)["error"].is_null());
    drop(tasks);
    door.stop();
}

/// The mail server has the letter, and we die before we know.
#[test]
fn after_a_crash_the_same_letter_comes_under_the_same_id() {
    let (post, clock) = (Post::start(), clock());
    let (door, tasks) = open(&post, &clock, |_| {});
    let (crashed, waits) = channel::<()>();
    let (waits, seen): (Mutex<Receiver<()>>, _) = (Mutex::new(waits), Arc::new(AtomicI64::new(0)));
    let sees = Arc::clone(&seen);
    post.answer(move |_| {
        sees.fetch_add(1, Ordering::Relaxed);
        // Its answer comes when nobody listens any more.
        let _over = waits.lock().unwrap().recv();
        None
    });
    lead(&door, "DE", 1);
    wait_until("the server has it", || seen.load(Ordering::Relaxed) == 1);
    drop(tasks);
    crashed.send(()).unwrap();
    wait_until("the server keeps it", || post.taken().len() == 1);
    assert_eq!(reps(&door)["delivered"], 0, "nobody noted it");
    post.answer(|_| None);
    let within = door.runtime.enter();
    let tasks = deliver::start(&door.state);
    drop(within);
    wait_until("it comes again", || {
        clock.fetch_add(100_000, Ordering::Relaxed);
        post.taken().len() == 2
    });
    let letters = post.taken();
    assert_eq!(letters[0], letters[1], "id, date and words are the same");
    wait_until("it is noted", || reps(&door)["delivered"] == 1);
    drop(tasks);
    door.stop();
}

/// Two processes on one store: one of them writes at a time, and both under the same ids.
#[test]
fn of_two_replicas_one_writes_until_it_dies() {
    let (post, clock) = (Post::start(), clock());
    let (first, dying) = open(&post, &clock, |_| {});
    lead(&first, "DE", 1);
    wait_until("the first writes", || reps(&first)["delivered"] == 1);
    let second = Door::open_at(Arc::clone(&first.folder), &clock, |config| {
        config.sinks = vec![post.sink(3)];
        config.public_url = Some("https://leads.example".into());
    });
    assert_eq!(first.state.links.workspace(), second.state.links.workspace(), "ids do not depend on who writes");
    let within = second.runtime.enter();
    let tasks = deliver::start(&second.state);
    drop(within);
    for n in 2..=3 {
        lead(&first, "DE", n);
    }
    wait_until("each is written", || post.tries().len() == 3);
    wait_until("and noted", || {
        clock.fetch_add(100_000, Ordering::Relaxed);
        reps(&first)["delivered"] == 3
    });
    drop(dying);
    first.state.stop();
    // Whose turn it is: di and eve have no address that works, then ada.
    for n in 4..=6 {
        lead(&second, "DE", n);
    }
    let started = post.tries().len();
    wait_until("the other goes on when the lease is over", || {
        clock.fetch_add(5_000_000, Ordering::Relaxed);
        post.tries().len() > started
    });
    let ids: BTreeSet<String> = post.tries().iter().map(|letter| letter.header("Message-ID")).collect();
    assert_eq!((ids.len(), post.tries().len()), (4, 4), "each once");
    drop(tasks);
    second.stop();
}
