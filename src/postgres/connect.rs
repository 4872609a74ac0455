//! A session: opened, asked, closed. Nothing of it outlives its owner.

use std::time::Duration;

use futures::StreamExt;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::{MakeTlsConnect, NoTls, TlsConnect};
use tokio_postgres::{CancelToken, Client, Config, SimpleQueryMessage, SimpleQueryRow, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::while_connecting;
use super::tls::{self, Tls};
use super::{Error, Failure, Target};

/// How long saying goodbye, or asking the server to stop, may take.
const PARTING: Duration = Duration::from_secs(1);

/// A connection whose task ends with it.
pub(super) struct Session {
    client: Client,
    task: Task,
    /// `None` without TLS.
    connector: Option<MakeRustlsConnect>,
    /// The version as the server prints it (`15.18`).
    pub version: String,
    /// Whether a backslash in a string is one, as the standard and the parser have it.
    pub standard_strings: bool,
}

/// The rows of one statement.
#[derive(Default)]
pub(super) struct Answer {
    /// The names of the columns; none where there are no rows.
    pub columns: Vec<String>,
    /// The rows, text columns.
    pub rows: Vec<SimpleQueryRow>,
}

/// Why a message got no answer.
#[derive(Debug)]
pub(super) enum AskError {
    /// The driver or the server says no.
    Driver(tokio_postgres::Error),
    /// The answer is larger than allowed.
    TooLarge,
    /// Whoever took a row could not read it.
    Refused(Error),
}

impl Session {
    /// Opens a connection and makes sure that a supported PostgreSQL answers.
    pub async fn open(target: &Target) -> Result<Self, Error> {
        let opened = match &target.tls {
            Tls::Off => connect(&target.config, NoTls, None).await,
            Tls::Required(settings) => connect_tls(&target.config, tls::connector(settings)?).await,
            Tls::Preferred => match connect_tls(&target.config, tls::unverified_connector()?).await {
                Err(error) if may_go_plain(&error) => {
                    let mut config = target.config.clone();
                    connect(config.ssl_mode(SslMode::Disable), NoTls, None).await
                }
                opened => opened,
            },
        };
        opened.map_err(|error| match error {
            OpenError::Driver(error) => while_connecting(&error),
            OpenError::Unsupported(message) => Error::new(Failure::UnsupportedServer, message),
        })
    }

    /// Sends one simple-protocol message and collects the rows of each of its statements that gives rows. `limit` is
    /// in bytes, for all values together.
    pub async fn ask(&self, message: &str, limit: usize) -> Result<Vec<Answer>, AskError> {
        let (answers, failed) = self.ask_until_error(message, limit).await;
        failed.map_or(Ok(answers), Err)
    }

    /// The same, with what was answered before a statement failed, if one did: the answers of all statements before
    /// it, where each of them gave rows.
    pub async fn ask_until_error(&self, message: &str, limit: usize) -> (Vec<Answer>, Option<AskError>) {
        let mut answers: Vec<Answer> = Vec::new();
        let answered = self
            .each(message, limit, |position, columns, row| {
                if answers.len() <= position {
                    answers.resize_with(position + 1, Answer::default);
                }
                if let Some(answer) = answers.get_mut(position) {
                    if answer.columns.is_empty() {
                        answer.columns = columns.to_vec();
                    }
                    answer.rows.push(row);
                }
                Ok(())
            })
            .await;
        match answered {
            Ok(answered) => {
                answers.resize_with(answered, Answer::default);
                (answers, None)
            }
            Err(error) => (answers, Some(error)),
        }
    }

    /// Sends one simple-protocol message and hands over each row as it comes, with the position of its statement among
    /// those that give rows and the names of its columns. Nothing is held: a long answer costs no memory here. Gives
    /// the number of statements that gave rows. `limit` is in bytes, for all values together.
    pub async fn each(
        &self,
        message: &str,
        limit: usize,
        mut take: impl FnMut(usize, &[String], SimpleQueryRow) -> Result<(), Error>,
    ) -> Result<usize, AskError> {
        let stream = self.client.simple_query_raw(message).await.map_err(AskError::Driver)?;
        let mut stream = std::pin::pin!(stream);
        let mut columns: Vec<String> = Vec::new();
        let (mut answered, mut size) = (0_usize, 0);
        while let Some(message) = stream.next().await {
            match message.map_err(AskError::Driver)? {
                SimpleQueryMessage::RowDescription(described) => {
                    columns = described.iter().map(|column| column.name().to_owned()).collect();
                    answered += 1;
                }
                SimpleQueryMessage::Row(row) => {
                    size += size_of::<SimpleQueryRow>() + row_bytes(&row);
                    if size > limit {
                        return Err(AskError::TooLarge);
                    }
                    take(answered.saturating_sub(1), &columns, row).map_err(AskError::Refused)?;
                }
                _ => {}
            }
        }
        Ok(answered)
    }

    /// Sends one simple-protocol message and waits for its end. Rows are dropped as they come.
    pub async fn run(&self, message: &str) -> Result<(), tokio_postgres::Error> {
        self.client.batch_execute(message).await
    }

    /// Asks the server to stop what this session is doing. Takes at most a second, and never fails: the timeouts of
    /// each transaction end it otherwise.
    pub async fn cancel(&self) {
        let token: CancelToken = self.client.cancel_token();
        let _ = match &self.connector {
            Some(connector) => timeout(PARTING, token.cancel_query(connector.clone())).await,
            None => timeout(PARTING, token.cancel_query(NoTls)).await,
        };
    }

    /// Ends the connection without a word. The server sees that it is gone, rolls back, and gives locks back; every later
    /// message fails.
    pub fn abandon(&self) {
        self.task.0.abort();
    }

    /// Says goodbye, so that the server's process ends now.
    pub async fn close(self) {
        let Self { client, mut task, .. } = self;
        drop(client);
        // Dropping the task ends the connection the hard way.
        let _ = timeout(PARTING, &mut task.0).await;
    }
}

fn row_bytes(row: &SimpleQueryRow) -> usize {
    (0..row.len()).filter_map(|column| row.try_get(column).ok().flatten()).map(str::len).sum()
}

enum OpenError {
    Driver(tokio_postgres::Error),
    Unsupported(String),
}

/// libpq's `prefer` tries again without TLS when the handshake fails and when the server does not admit the user with
/// TLS.
fn may_go_plain(error: &OpenError) -> bool {
    match error {
        OpenError::Driver(error) => {
            error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
                || while_connecting(error).failure == Failure::TlsFailed
        }
        OpenError::Unsupported(_) => false,
    }
}

async fn connect_tls(config: &Config, connector: MakeRustlsConnect) -> Result<Session, OpenError> {
    connect(config, connector.clone(), Some(connector)).await
}

async fn connect<T>(
    config: &Config,
    tls: T,
    connector: Option<MakeRustlsConnect>,
) -> Result<Session, OpenError>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
    T::TlsConnect: Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    let (client, connection) = config.connect(tls).await.map_err(OpenError::Driver)?;
    let version =
        supported_version(connection.parameter("server_version"), connection.parameter("crdb_version"))
            .map_err(OpenError::Unsupported)?;
    let standard_strings = connection.parameter("standard_conforming_strings") != Some("off");
    // What goes wrong with the connection reaches the query that waits for it.
    let task = Task(tokio::spawn(async move { drop(connection.await) }));
    Ok(Session { client, task, connector, version, standard_strings })
}

/// The version that the server reports when a session starts, if this program supports it. Every server and every
/// pooler reports it, so that what is not PostgreSQL is known before it is asked anything (V11 to V13).
fn supported_version(version: Option<&str>, cockroach: Option<&str>) -> Result<String, String> {
    let version = version.unwrap_or_default();
    let unsupported = |what: &str| Err(format!("{what}: PostgreSQL 12 to 18 is supported"));
    if cockroach.is_some() {
        return unsupported("the server is CockroachDB, whose catalog is not PostgreSQL's");
    }
    if version.contains("-YB-") {
        return unsupported("the server is YugabyteDB, whose catalog is not PostgreSQL's");
    }
    if version.ends_with("/bouncer") {
        return unsupported("this is PgBouncer's console, not a database");
    }
    if version == "8.0.2" {
        return unsupported("the server is Amazon Redshift, whose catalog is not PostgreSQL's");
    }
    let number = version.split(|character: char| !character.is_ascii_digit()).next().unwrap_or_default();
    match number.parse::<u32>() {
        Ok(12..) => Ok(version.split_whitespace().next().unwrap_or_default().to_owned()),
        Ok(major) => unsupported(&format!("the server is PostgreSQL {major}, which is too old")),
        Err(_) => unsupported("the server does not say that it is PostgreSQL"),
    }
}

/// The task of a connection; it ends with its owner.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v11_v12_v13_servers_that_are_not_postgresql_are_named() {
        for (version, cockroach, named) in [
            (Some("13.0.0"), Some("CockroachDB CCL v23.1.11"), "CockroachDB"),
            (Some("8.0.2"), None, "Redshift"),
            (Some("11.2-YB-2.18.0.1-b0"), None, "YugabyteDB"),
            (Some("15.2-YB-2025.1.0.0-b0"), None, "YugabyteDB"),
            (Some("1.18.0/bouncer"), None, "PgBouncer"),
            (Some("11.22"), None, "PostgreSQL 11"),
            (Some("9.6.24"), None, "PostgreSQL 9"),
            (Some("nonsense"), None, "does not say"),
            (None, None, "does not say"),
        ] {
            let message = supported_version(version, cockroach).unwrap_err();
            assert!(message.contains(named), "{message}");
        }
    }

    #[test]
    fn postgresql_12_and_later_is_supported() {
        for (version, shown) in [
            ("12.22", "12.22"),
            ("15.18 (Debian 15.18-0+deb12u1)", "15.18"),
            ("18.4", "18.4"),
            ("19devel", "19devel"),
        ] {
            assert_eq!(supported_version(Some(version), None).unwrap(), shown);
        }
    }
}
