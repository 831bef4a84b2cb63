//! Letters to people, handed to a mail server by SMTP.
//!
//! [`server`] says where, [`letter`] what a letter looks like, `wire` how the way is kept secret;
//! here one letter is handed over, and what the server says is told apart: whether it, the letter,
//! or only this moment is wrong.

pub mod letter;
pub mod server;
#[cfg(test)]
mod tests;
mod wire;

use std::{fmt, time::Duration};

use lettre::{
    message::Mailbox,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::AsyncSmtpConnection,
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailParameter},
    },
};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

pub use letter::{Letter, Person};
pub use server::{MailServer, MailServerError};

use crate::{
    failure::Failure,
    tls::{SetupError, connector},
};

/// A mail server and who we are there.
pub struct Mailer {
    server: MailServer,
    from: Mailbox,
    reply_to: Option<Mailbox>,
    login: Option<Login>,
    tls: Option<TlsConnector>,
    /// Of one letter, from the connection to the last answer.
    patience: Duration,
}

/// Name and password at the mail server.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").field("server", &self.server).field("from", &self.from).finish_non_exhaustive()
    }
}

/// Why a mailer cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailerError {
    #[error("{0} is no e-mail address in ASCII (a domain with umlauts is written xn--…)")]
    Address(&'static str),
    #[error(transparent)]
    Setup(#[from] SetupError),
}

/// Everything a mailer needs to know.
#[derive(Debug, Clone)]
pub struct MailerConfig<'a> {
    pub server: MailServer,
    /// `leads@firm.example`, or with a name `Leads <leads@firm.example>`.
    pub from: &'a str,
    pub reply_to: Option<&'a str>,
    pub login: Option<Login>,
    /// Certificates in PEM that are trusted besides the well-known ones.
    pub authorities: Option<&'a [u8]>,
    pub patience: Duration,
}

impl Mailer {
    pub fn new(config: MailerConfig<'_>) -> Result<Self, MailerError> {
        let MailerConfig { server, from, reply_to, login, authorities, patience } = config;
        let ours = |what: &'static str, text: &str| letter::sender(text).ok_or(MailerError::Address(what));
        let (from, reply_to) = (ours("from", from)?, reply_to.map(|text| ours("reply_to", text)).transpose()?);
        let tls = if server.is_secure() { Some(connector(authorities)?) } else { None };
        Ok(Self { server, from, reply_to, login, tls, patience })
    }

    pub fn server(&self) -> &MailServer {
        &self.server
    }

    /// Connects, logs in and leaves: whether a letter could be handed over.
    pub async fn look(&self) -> Result<(), Failure> {
        let mut line = MailLine::new(self);
        let looked = timeout(self.patience, async {
            line.connection = Some(self.connect().await?);
            Ok(())
        });
        let looked = looked.await.unwrap_or_else(|_| Err(self.too_slow()));
        line.close().await;
        looked
    }

    /// Who we say we are: servers refuse names that are nobody's.
    fn hello(&self) -> String {
        self.from.email.domain().to_owned()
    }

    fn too_slow(&self) -> Failure {
        Failure::NoAnswer(format!("{} did not answer within {} s", self.server.host, self.patience.as_secs()))
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Failure> {
        let wire = wire::connect(&self.server, self.tls.as_ref(), &self.hello()).await?;
        let spoken = AsyncSmtpConnection::connect_with_transport(Box::new(wire), &ClientId::Domain(self.hello())).await;
        let mut connection = spoken.map_err(|error| self.trouble("talk to", &error))?;
        if let Some(Login { user, password }) = &self.login {
            let credentials = Credentials::new(user.clone(), password.clone());
            let let_in = connection.auth(DEFAULT_MECHANISMS, &credentials).await;
            let_in.map_err(|error| self.trouble("log in at", &error))?;
        }
        Ok(connection)
    }

    /// Something is wrong with the server, or with us there: no letter would go.
    fn trouble(&self, what: &str, error: &Error) -> Failure {
        Failure::NoAnswer(format!("cannot {what} {}: {}", self.server.host, said(error)))
    }

    /// What an answer to something about one letter means.
    fn refused(&self, what: &str, error: &Error) -> Failure {
        let says = format!("{} does not take {what}: {}", self.server.host, said(error));
        match error.status().map(u16::from) {
            // 421: it closes, whatever it was asked.
            Some(421) | None => self.trouble("talk to", error),
            Some(500..) => Failure::Never(says),
            Some(_) => Failure::NotNow(says),
        }
    }
}

/// What a server said, with its code; or what went wrong with the connection.
fn said(error: &Error) -> String {
    let text = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    let one_line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match error.status() {
        Some(code) => format!("{code} {}", one_line.trim()),
        None => one_line.trim().to_owned(),
    }
}

/// One connection to a mail server, kept open between letters.
pub struct MailLine<'a> {
    mailer: &'a Mailer,
    connection: Option<AsyncSmtpConnection>,
}

impl fmt::Debug for MailLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailLine").field("mailer", &self.mailer).finish_non_exhaustive()
    }
}

impl<'a> MailLine<'a> {
    pub fn new(mailer: &'a Mailer) -> Self {
        Self { mailer, connection: None }
    }

    /// Hands one letter over and waits until the server has it.
    pub async fn send(&mut self, letter: &Letter) -> Result<(), Failure> {
        let message = letter::written(self.mailer, letter)?;
        let sent = timeout(self.mailer.patience, self.hand_over(&message)).await;
        let sent = sent.unwrap_or_else(|_| Err(self.mailer.too_slow()));
        // Where in its conversation the server stands is not known any more.
        if sent.is_err() {
            self.connection = None;
        }
        sent
    }

    async fn hand_over(&mut self, message: &lettre::Message) -> Result<(), Failure> {
        let mailer = self.mailer;
        let mut connection = match self.still_open().await {
            Some(connection) => connection,
            None => mailer.connect().await?,
        };
        let envelope = message.envelope();
        let mut parameters = Vec::new();
        if envelope.to().iter().any(|to| !AsRef::<str>::as_ref(to).is_ascii()) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                let why = "takes no addresses with umlauts (SMTPUTF8): write the domain as xn--…";
                return Err(Failure::Never(format!("{} {why}", mailer.server.host)));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        // That we may not send at all is said here: it is no letter's fault.
        let began = connection.command(Mail::new(envelope.from().cloned(), parameters)).await;
        began.map_err(|error| mailer.trouble("send through", &error))?;
        for to in envelope.to() {
            let taken = connection.command(Rcpt::new(to.clone(), Vec::new())).await;
            taken.map_err(|error| mailer.refused("the recipient", &error))?;
        }
        let asked = connection.command(Data).await;
        asked.map_err(|error| mailer.refused("the letter", &error))?;
        let taken = connection.message(&message.formatted()).await;
        taken.map_err(|error| mailer.refused("the letter", &error))?;
        self.connection = Some(connection);
        Ok(())
    }

    /// Servers close after some time, or some letters.
    async fn still_open(&mut self) -> Option<AsyncSmtpConnection> {
        let mut connection = self.connection.take()?;
        connection.test_connected().await.then_some(connection)
    }

    /// Takes leave; how it ends is nobody's matter.
    pub async fn close(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            let _left = timeout(Duration::from_secs(1), connection.quit()).await;
        }
    }
}
