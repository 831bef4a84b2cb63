//! Letters handed to a mail server on this machine that answers as a test wants.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    time::Duration,
};

use pointsman_domain::Instant;
use tokio_rustls::rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use super::{
    server::{MailServer, Security},
    *,
};

const AUTHORITY: &[u8] = include_bytes!("../../testdata/ca.pem");
const SERVER: &[u8] = include_bytes!("../../testdata/server.pem");
const KEY: &[u8] = include_bytes!("../../testdata/server.key");

/// What a server says to a line; none: nothing at all. After STARTTLS `"TLS"` begins the handshake.
type Says = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// A mail server that keeps every line that it was told.
struct Post {
    port: u16,
    /// Lines as they came, those of a letter too; each with whether TLS was over it.
    heard: Arc<Mutex<Vec<(bool, String)>>>,
}

impl Post {
    fn start(says: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self::begin(false, says)
    }

    /// `at_once`: TLS before the greeting.
    fn begin(at_once: bool, says: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (says, heard): (Says, _) = (Arc::new(says), Arc::new(Mutex::new(Vec::new())));
        let kept = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (says, kept) = (Arc::clone(&says), Arc::clone(&kept));
                std::thread::spawn(move || {
                    let stream = stream.unwrap();
                    let asked = if at_once { Some(stream) } else { talk(stream, false, true, &says, &kept) };
                    if let Some(stream) = asked {
                        talk(StreamOwned::new(secured(), stream), true, at_once, &says, &kept);
                    }
                });
            }
        });
        Self { port, heard }
    }

    fn lines(&self) -> Vec<String> {
        self.heard.lock().unwrap().iter().map(|(_, line)| line.clone()).collect()
    }

    fn told_in_the_clear(&self, part: &str) -> bool {
        self.heard.lock().unwrap().iter().any(|(secret, line)| !secret && line.contains(part))
    }

    /// Letters that came to their end.
    fn letters(&self) -> usize {
        self.lines().iter().filter(|line| *line == ".").count()
    }

    fn count(&self, beginning: &str) -> usize {
        self.lines().iter().filter(|line| line.starts_with(beginning)).count()
    }
}

fn secured() -> ServerConnection {
    let chain = CertificateDer::pem_slice_iter(SERVER).map(Result::unwrap).collect();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_slice(KEY).unwrap());
    ServerConnection::new(Arc::new(config.unwrap())).unwrap()
}

/// Talks until the other side leaves; gives the stream back where TLS is to begin.
fn talk<S: Read + Write>(
    stream: S,
    secret: bool,
    greets: bool,
    says: &Says,
    heard: &Mutex<Vec<(bool, String)>>,
) -> Option<S> {
    let mut stream = BufReader::new(stream);
    let mut answer = if greets { says("") } else { Some(String::new()) };
    let mut in_letter = false;
    loop {
        let text = answer?;
        if text == "TLS" {
            stream.get_mut().write_all(b"220 go on\r\n").ok()?;
            return Some(stream.into_inner());
        }
        stream.get_mut().write_all(text.as_bytes()).ok()?;
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let line = line.trim_end_matches(['\r', '\n']).to_owned();
        heard.lock().unwrap().push((secret, line.clone()));
        answer = match (in_letter, &*line) {
            (true, ".") => says("."),
            (true, _) => Some(String::new()),
            (false, _) => says(&line),
        };
        in_letter = (in_letter && line != ".") || answer.as_deref().is_some_and(|answer| answer.starts_with("354"));
    }
}

/// What a server that takes everything says.
fn takes(line: &str) -> Option<String> {
    let word = line.split([' ', ':']).next().unwrap_or_default();
    Some(match word {
        "" => "220 mail.example ESMTP\r\n".into(),
        "EHLO" => "250-mail.example\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME\r\n".into(),
        "AUTH" => "235 let in\r\n".into(),
        "DATA" => "354 go ahead\r\n".into(),
        "QUIT" => "221 bye\r\n".into(),
        _ => "250 ok\r\n".into(),
    })
}

fn mailer_of(server: MailServer, login: Option<Login>, authorities: Option<&[u8]>, patience: Duration) -> Mailer {
    let from = "Pointsman <leads@firm.example>";
    let config = MailerConfig { server, from, reply_to: Some("ops@firm.example"), login, authorities, patience };
    Mailer::new(config).unwrap()
}

fn mailer(post: &Post) -> Mailer {
    let server = MailServer::parse(&format!("smtp://127.0.0.1:{}", post.port)).unwrap();
    mailer_of(server, None, None, Duration::from_secs(5))
}

/// As if the server were elsewhere.
fn away(post: &Post, security: Security) -> MailServer {
    MailServer { host: "localhost".into(), port: post.port, security }
}

fn letter() -> Letter {
    Letter {
        id: "msg_0190".into(),
        thread: Some("lead_0190".into()),
        to: Person { name: "Ada Müller".into(), address: "ada@firm.example".into() },
        subject: "Ein Lead für Sie: Größe & Söhne".into(),
        text: "Guten Tag,\r\nGröße.\r\n.\r\n..ein Punkt\r\n".into(),
        html: "<p>Größe</p>".into(),
        date: Instant::from_unix_micros(1_772_438_400_500_000),
    }
}

fn send(mailer: &Mailer, letters: &[Letter]) -> Vec<Result<(), Failure>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut line, mut told) = (MailLine::new(mailer), Vec::new());
        for letter in letters {
            told.push(line.send(letter).await);
        }
        line.close().await;
        told
    })
}

#[test]
fn letters_arrive_whole_over_one_connection_with_the_same_id_every_time() {
    let post = Post::start(takes);
    assert_eq!(send(&mailer(&post), &[letter(), letter()]), [Ok(()), Ok(())]);
    let lines = post.lines();
    assert_eq!((post.count("EHLO firm.example"), post.count("QUIT")), (1, 1), "one connection");
    assert_eq!(post.count("MAIL FROM:<leads@firm.example>"), 2);
    assert_eq!(post.count("RCPT TO:<ada@firm.example>"), 2);
    for header in [
        "Message-ID: <msg_0190@firm.example>",
        "References: <lead_0190@firm.example>",
        "In-Reply-To: <lead_0190@firm.example>",
        "Auto-Submitted: auto-generated",
        "Date: Mon, 02 Mar 2026 08:00:00 +0000",
        "From: Pointsman <leads@firm.example>",
        "Reply-To: ops@firm.example",
        "Content-Type: multipart/alternative; boundary=\"=_6d73675f30313930\"",
    ] {
        assert_eq!(lines.iter().filter(|line| line.eq_ignore_ascii_case(header)).count(), 2, "{header} in {lines:#?}");
    }
    assert!(lines.iter().all(|line| line.is_ascii() && line.len() < 998), "{lines:#?}");
    assert_eq!(post.count("...ein Punkt"), 2, "dots at the beginning of a line are doubled");
    // What is sent is the same both times.
    let begins: Vec<usize> = (0..lines.len()).filter(|at| lines[*at] == "DATA").collect();
    let ends: Vec<usize> = (0..lines.len()).filter(|at| lines[*at] == ".").collect();
    assert_eq!(lines[begins[0]..ends[0]], lines[begins[1]..ends[1]]);
}

#[test]
fn what_the_server_says_is_told_apart() {
    let check = |command: &'static str, answer: &'static str, of_receiver: bool, is_final: bool| {
        let post = Post::start(
            move |line| if line.starts_with(command) { Some(format!("{answer}\r\n")) } else { takes(line) },
        );
        let failure = send(&mailer(&post), &[letter()]).remove(0).unwrap_err();
        assert_eq!(
            (failure.is_of_receiver(), failure.is_final()),
            (of_receiver, is_final),
            "{command} {answer}: {failure}"
        );
        assert!(failure.to_string().contains(answer), "the server's text: {failure}");
    };
    check("RCPT", "550 5.1.1 nobody of that name", false, true);
    check("RCPT", "450 4.2.0 greylisted", false, false);
    check("RCPT", "421 4.3.2 closing", true, false);
    check(".", "554 5.7.1 looks like spam", false, true);
    check(".", "452 4.3.1 disk full", false, false);
    // Not the letter's fault: nothing would go.
    check("MAIL", "550 5.7.1 you may not send as that", true, false);
    check("EHLO", "554 5.7.1 go away", true, false);
    let quiet = Post { port: 1, heard: Arc::default() };
    let failure = send(&mailer(&quiet), &[letter()]).remove(0).unwrap_err();
    assert!(failure.is_of_receiver() && failure.to_string().starts_with("cannot connect to 127.0.0.1"), "{failure}");
}

#[test]
fn a_letter_that_is_not_taken_now_goes_the_next_time() {
    let tries = Arc::new(Mutex::new(0));
    let post = Post::start(move |line| {
        let mut tries = tries.lock().unwrap();
        *tries += u32::from(line.starts_with("RCPT"));
        if line.starts_with("RCPT") && *tries == 1 { Some("451 4.7.1 try later\r\n".into()) } else { takes(line) }
    });
    let told = send(&mailer(&post), &[letter(), letter()]);
    assert!(matches!(&told[0], Err(Failure::NotNow(_))) && told[1] == Ok(()), "{told:?}");
    assert_eq!(post.letters(), 1);
}

#[test]
fn a_server_that_hangs_is_given_up() {
    for hangs_at in ["", "EHLO", "DATA", "."] {
        let post = Post::start(move |line| {
            let hangs = if hangs_at.is_empty() { line.is_empty() } else { line.starts_with(hangs_at) };
            if hangs {
                std::thread::park();
            }
            takes(line)
        });
        let server = MailServer::parse(&format!("smtp://127.0.0.1:{}", post.port)).unwrap();
        let failure = send(&mailer_of(server, None, None, Duration::from_millis(100)), &[letter()]).remove(0);
        let failure = failure.unwrap_err();
        assert!(failure.is_of_receiver() && failure.to_string().contains("did not answer"), "{hangs_at}: {failure}");
    }
}

fn login() -> Option<Login> {
    Some(Login { user: "leads".into(), password: "correct horse".into() })
}

#[test]
fn name_and_password_are_sent_and_a_refusal_is_nobodys_dead_letter() {
    let post = Post::start(takes);
    let server = MailServer::parse(&format!("smtp://127.0.0.1:{}", post.port)).unwrap();
    let known = mailer_of(server.clone(), login(), None, Duration::from_secs(5));
    assert_eq!(send(&known, &[letter()]), [Ok(())]);
    assert_eq!(post.count("AUTH PLAIN AGxlYWRzAGNvcnJlY3QgaG9yc2U="), 1);
    assert!(!format!("{known:?} {:?}", login()).contains("horse"));
    let post = Post::start(|line| if line.starts_with("AUTH") { Some("535 5.7.8 no\r\n".into()) } else { takes(line) });
    let server = MailServer::parse(&format!("smtp://127.0.0.1:{}", post.port)).unwrap();
    let failure = send(&mailer_of(server, login(), None, Duration::from_secs(5)), &[letter()]).remove(0).unwrap_err();
    assert!(failure.is_of_receiver() && failure.to_string().contains("cannot log in at 127.0.0.1: 535"), "{failure}");
    assert!(!failure.to_string().contains("horse"));
}

/// Takes everything once TLS is on; offers STARTTLS until then.
fn offers_tls(line: &str) -> Option<String> {
    match line {
        "STARTTLS" => Some("TLS".into()),
        line if line.starts_with("EHLO") => Some("250-mail.example\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n".into()),
        line => takes(line),
    }
}

#[test]
fn elsewhere_a_letter_goes_over_tls_only() {
    for (at_once, security) in [(false, Security::Asked), (true, Security::AtOnce)] {
        let post = Post::begin(at_once, offers_tls);
        let over = mailer_of(away(&post, security), login(), Some(AUTHORITY), Duration::from_secs(5));
        assert_eq!(send(&over, &[letter()]), [Ok(())], "{security:?}");
        assert_eq!((post.letters(), post.told_in_the_clear("AUTH"), post.told_in_the_clear("MAIL")), (1, false, false));
        // A certificate of nobody we know.
        let stranger = mailer_of(away(&post, security), login(), None, Duration::from_secs(5));
        let failure = send(&stranger, &[letter()]).remove(0).unwrap_err();
        assert!(failure.to_string().contains("cannot be sure of localhost"), "{failure}");
        // A certificate of another host.
        let other = MailServer { host: "127.0.0.2".into(), ..away(&post, security) };
        let failure = send(&mailer_of(other, login(), Some(AUTHORITY), Duration::from_secs(5)), &[letter()]).remove(0);
        assert!(failure.unwrap_err().is_of_receiver());
        assert_eq!(post.letters(), 1, "nothing more was told");
    }
}

#[test]
fn a_server_without_starttls_or_that_lies_about_it_is_told_nothing() {
    let check = |what: &str, says: fn(&str) -> Option<String>| {
        let post = Post::start(says);
        let over = mailer_of(away(&post, Security::Asked), login(), Some(AUTHORITY), Duration::from_secs(2));
        let failure = send(&over, &[letter()]).remove(0).unwrap_err();
        assert!(failure.is_of_receiver(), "{what}: {failure}");
        let told = |word: &str| post.lines().iter().any(|line| line.starts_with(word));
        assert!(!told("MAIL") && !told("AUTH") && !told("DATA"), "{what}: {:?}", post.lines());
        failure.to_string()
    };
    assert!(check("does not offer", takes).contains("does not offer STARTTLS"));
    let refuses = |line: &str| if line == "STARTTLS" { Some("454 not now\r\n".into()) } else { offers_tls(line) };
    assert!(check("refuses", refuses).contains("454 not now"));
    let goes_on = |line: &str| if line == "STARTTLS" { Some("220 go on\r\n".into()) } else { offers_tls(line) };
    check("goes on in the clear", goes_on);
    let injects = |line: &str| match line {
        "STARTTLS" => Some("220 go on\r\n250 AUTH PLAIN\r\n".into()),
        line => offers_tls(line),
    };
    assert!(check("somebody between", injects).contains("somebody spoke"));
    let endless = |line: &str| if line.starts_with("EHLO") { Some("250-x\r\n".repeat(4000)) } else { takes(line) };
    assert!(check("never ends", endless).contains("does not end"));
}

#[test]
fn nobody_writes_a_header_of_their_own() {
    let post = Post::start(takes);
    let hostile = "x\r\nBcc: eve@else.example\r\n\r\n.\r\nMAIL FROM:<eve@else.example>\r\n";
    let long = "Größenwahn & Söhne ".repeat(200);
    let with = |name: &str, subject: &str, id: &str| Letter {
        id: id.into(),
        thread: Some(id.into()),
        to: Person { name: name.into(), address: "ada@firm.example".into() },
        subject: subject.into(),
        text: format!("{hostile}{long}"),
        html: hostile.into(),
        date: letter().date,
    };
    let letters = [with(hostile, hostile, hostile), with(&long, &long, &long[..40]), with("\0\u{1b}[2J", "", "a")];
    assert_eq!(send(&mailer(&post), &letters), [Ok(()), Ok(()), Ok(())]);
    let lines = post.lines();
    assert_eq!((post.count("MAIL FROM:<leads@firm.example>"), post.count("RCPT")), (3, 3));
    let mut in_header = false;
    for line in &lines {
        in_header = (in_header && !line.is_empty()) || line == "DATA";
        let lower = line.to_lowercase();
        assert!(!in_header || !(lower.starts_with("bcc:") || lower.starts_with("mail from")), "{line}");
        assert!(line.len() < 998 && line.is_ascii(), "{line}");
    }
    assert_eq!(post.letters(), 3, "the end of a letter is where it ends, and nowhere else");
    for address in ["ada@firm.example\r\nRCPT TO:<eve@else.example>", "ada@firm.example>,<eve@else.example", "", "ada"]
    {
        let failure =
            send(&mailer(&post), &[Letter { to: Person { name: "Ada".into(), address: address.into() }, ..letter() }]);
        assert!(matches!(&failure[0], Err(Failure::Never(why)) if why.contains("is no e-mail address")), "{failure:?}");
    }
    let post = Post::start(takes);
    let umlaut = Letter { to: Person { name: "Ada".into(), address: "ada@größe.example".into() }, ..letter() };
    let failure = send(&mailer(&post), &[umlaut]);
    assert!(matches!(&failure[0], Err(Failure::Never(why)) if why.contains("SMTPUTF8")), "{failure:?}");
}

#[test]
fn a_look_says_whether_a_letter_would_go_and_sends_none() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let post = Post::start(takes);
    assert_eq!(runtime.block_on(mailer(&post).look()), Ok(()));
    assert_eq!((post.count("EHLO"), post.count("QUIT"), post.count("MAIL")), (1, 1, 0));
    let server = away(&post, Security::Asked);
    let looked = runtime.block_on(mailer_of(server, None, None, Duration::from_secs(2)).look());
    assert!(looked.unwrap_err().to_string().contains("STARTTLS"));
}

#[test]
fn who_writes_is_checked_at_the_start() {
    let with = |from: &str, reply_to: Option<&str>| {
        let server = MailServer::parse("smtp://localhost:25").unwrap();
        let patience = Duration::from_secs(1);
        Mailer::new(MailerConfig { server, from, reply_to, login: None, authorities: None, patience }).map(drop)
    };
    assert_eq!(with("leads@firm.example", None), Ok(()));
    assert_eq!(with("leads", None), Err(MailerError::Address("from")));
    assert_eq!(with("leads@größe.example", None), Err(MailerError::Address("from")));
    assert_eq!(with("leads@firm.example", Some("x\r\ny@z.example")), Err(MailerError::Address("reply_to")));
}
