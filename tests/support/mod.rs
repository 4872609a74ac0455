//! A PostgreSQL server for the tests of one binary, and databases and roles on it.
//!
//! The server is that of `TEST_DATABASE_URL` (a superuser's, without TLS) where it is set; else `tests/postgres/up`
//! starts one at first use, which ends with this process. Everything here blocks, also inside an async test, and
//! panics when it cannot do its work.

#![allow(dead_code, reason = "each test binary uses its own part of this module")]
#![allow(clippy::expect_used, clippy::panic, reason = "what tests stand on fails as tests do")]

use std::fmt::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, OnceLock};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};
use url::Url;

/// A running server.
#[derive(Debug, Clone)]
pub struct Server {
    /// A superuser's connection string.
    url: Url,
    /// The directory with its certificates, socket and log; `None` for a server of `TEST_DATABASE_URL`.
    directory: Option<PathBuf>,
}

/// The server of this test binary.
pub fn postgres() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| match std::env::var("TEST_DATABASE_URL") {
        Ok(url) => Server { url: url.parse().expect("TEST_DATABASE_URL is a URL"), directory: None },
        Err(_) => Server::start(&[]),
    })
}

/// A PgBouncer in transaction mode before the server of this test binary. It knows the superuser only.
pub fn pgbouncer() -> &'static Server {
    static BOUNCER: OnceLock<Server> = OnceLock::new();
    BOUNCER.get_or_init(|| {
        let directory = std::env::temp_dir().join(unique("schema-audit-bouncer"));
        Server { url: run("pgbouncer", &directory, &[postgres().url.as_str()]), directory: Some(directory) }
    })
}

impl Server {
    /// Starts one more server with options of `tests/postgres/up`: `--tls`, `--standby-of DIR`, `--set NAME=VALUE`.
    pub fn start(options: &[&str]) -> Self {
        let directory = std::env::temp_dir().join(unique("schema-audit-test"));
        let url = run("up", &directory, options);
        Self { url, directory: Some(directory) }
    }

    /// A server that runs somewhere else.
    pub fn at(url: &str) -> Self {
        Self { url: url.parse().expect("a URL"), directory: None }
    }

    /// Does it take connections?
    pub fn answers(&self) -> bool {
        let mut url = self.url.clone();
        url.set_query(None);
        // What was sent before there was a way is sent the same way again, for minutes.
        let attempt = Duration::from_secs(2);
        wait(async {
            let connected = tokio_postgres::connect(url.as_str(), NoTls);
            matches!(tokio::time::timeout(attempt, connected).await, Ok(Ok(_)))
        })
    }

    /// A standby of this server, which must not be that of `TEST_DATABASE_URL`.
    pub fn standby(&self) -> Self {
        Self::start(&["--standby-of", &self.directory().display().to_string()])
    }

    /// The directory of a server that was started here.
    pub fn directory(&self) -> &PathBuf {
        self.directory.as_ref().expect("this server was not started by the tests")
    }

    /// A superuser's connection string.
    pub fn url(&self) -> String {
        self.url.to_string()
    }

    /// The same for another database.
    pub fn url_of(&self, database: &str) -> String {
        let mut url = self.url.clone();
        url.set_path(database);
        url.to_string()
    }

    /// The superuser's connection string with other parameters, as `sslmode=require`.
    pub fn url_with(&self, parameters: &str) -> String {
        let mut url = self.url.clone();
        url.set_query(Some(parameters));
        url.to_string()
    }

    /// The port on the loopback interface.
    pub fn port(&self) -> u16 {
        self.url.port().unwrap_or(5432)
    }

    /// The superuser's password.
    pub fn password(&self) -> &str {
        self.url.password().unwrap_or_default()
    }

    /// A session of the superuser in a database.
    pub fn session(&self, database: &str) -> Session {
        Session::open(&self.url_of(database))
    }
}

/// Runs a script of `tests/postgres` that starts something, and gives the URL that it prints.
fn run(script: &str, directory: &std::path::Path, options: &[&str]) -> Url {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/postgres").join(script);
    let output = Command::new(&path)
        .arg(directory)
        .args(options)
        .args(["--with-parent", &std::process::id().to_string()])
        .stderr(Stdio::inherit())
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(output.status.success(), "{} failed", path.display());
    let output = String::from_utf8(output.stdout).expect("the script prints text");
    let url =
        output.lines().find_map(|line| line.strip_prefix("DATABASE_URL=")).expect("the script prints a URL");
    url.parse().expect("the script prints a URL")
}

/// A name that no other test uses, on this server and at this time.
pub fn unique(prefix: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// A database of its own for one test; dropped with it.
#[derive(Debug)]
pub struct Database {
    server: Server,
    name: String,
}

impl Database {
    /// An empty database on the server of this test binary.
    pub fn new() -> Self {
        Self::on(postgres())
    }

    /// An empty database on a server.
    pub fn on(server: &Server) -> Self {
        let name = unique("test");
        server.session("postgres").execute(&format!("create database {name}"));
        Self { server: server.clone(), name }
    }

    /// A database on the server of this test binary in which this SQL ran.
    pub fn with(sql: &str) -> Self {
        let database = Self::new();
        database.execute(sql);
        database
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The superuser's connection string.
    pub fn url(&self) -> String {
        self.server.url_of(&self.name)
    }

    /// The connection string of a role.
    pub fn url_as(&self, role: &str, password: &str) -> String {
        let mut url: Url = self.url().parse().expect("a URL");
        url.set_username(role).expect("a user fits into the URL");
        url.set_password(Some(password)).expect("a password fits into the URL");
        url.to_string()
    }

    /// Runs statements as the superuser.
    pub fn execute(&self, sql: &str) {
        self.session().execute(sql);
    }

    /// The first column of the rows of a query; nulls are empty.
    pub fn query(&self, sql: &str) -> Vec<String> {
        self.session().query(sql)
    }

    /// A session of the superuser.
    pub fn session(&self) -> Session {
        Session::open(&self.url())
    }

    /// A session that holds an ACCESS EXCLUSIVE lock on a table, as a migration does, until it is dropped.
    pub fn lock(&self, table: &str) -> Session {
        let session = self.session();
        session.execute(&format!("begin; lock table {table} in access exclusive mode"));
        session
    }

    /// A new role that may log in, and nothing else.
    pub fn role(&self) -> Role {
        let name = unique("role");
        let password = format!("password-of-{name}");
        self.execute(&format!("create role {name} login password '{password}'"));
        Role { server: self.server.clone(), database: self.name.clone(), name, password }
    }
}

impl Default for Database {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let name = &self.name;
        if let Ok(session) = Session::try_open(&self.server.url_of("postgres")) {
            let _ = session.try_execute(&format!(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
            ));
            let _ = session.try_execute(&format!("drop database if exists {name}"));
        }
    }
}

/// A role of its own for one test; dropped with it, so it must be dropped before its database.
#[derive(Debug)]
pub struct Role {
    server: Server,
    database: String,
    /// Its name.
    pub name: String,
    /// Its password.
    pub password: String,
}

impl Drop for Role {
    fn drop(&mut self) {
        if let Ok(session) = Session::try_open(&self.server.url_of(&self.database)) {
            let _ = session.try_execute(&format!("drop owned by {0}; drop role {0}", self.name));
        }
    }
}

/// A connection that stays open until it is dropped.
pub struct Session(Client);

/// Where connections live: tests may be async or not.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
});

/// Waits for a future from any thread, one that runs an async test included.
fn wait<T: Send>(future: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| scope.spawn(|| RUNTIME.block_on(future)).join().expect("no panic"))
}

impl Session {
    /// Connects.
    pub fn open(url: &str) -> Self {
        Self::try_open(url).unwrap_or_else(|error| panic!("cannot connect for a test: {}", explain(&error)))
    }

    fn try_open(url: &str) -> Result<Self, tokio_postgres::Error> {
        // What libpq knows and the driver does not; tests connect in the clear, or from this machine.
        let mut url: Url = url.parse().expect("a URL");
        url.set_query(None);
        wait(async {
            let (client, connection) = tokio_postgres::connect(url.as_str(), NoTls).await?;
            RUNTIME.spawn(async move { drop(connection.await) });
            Ok(Self(client))
        })
    }

    /// Runs statements in one message.
    pub fn execute(&self, sql: &str) {
        self.try_execute(sql).unwrap_or_else(|error| panic!("{}\nin: {sql}", explain(&error)));
    }

    fn try_execute(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        wait(self.0.batch_execute(sql))
    }

    /// The first column of the rows of a query; nulls are empty.
    pub fn query(&self, sql: &str) -> Vec<String> {
        let messages =
            wait(self.0.simple_query(sql)).unwrap_or_else(|error| panic!("{}\nin: {sql}", explain(&error)));
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
            _ => None,
        });
        rows.collect()
    }

    /// Asks again until a query gives this one value, for at most ten seconds.
    pub fn wait_until(&self, sql: &str, value: &str) {
        let start = Instant::now();
        loop {
            let answer = self.query(sql);
            if answer == [value] {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(10), "still {answer:?}, not {value}: {sql}");
            std::thread::yield_now();
        }
    }
}

fn explain(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    if let Some(error) = error.as_db_error() {
        let _ = write!(text, ": {}", error.message());
    }
    text
}
