//! What a look sends and what it is answered, counted on the way between the two.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use schema_audit::core::audit::compare::{Depth, compare};
use schema_audit::core::audit::observation::Observation;

use crate::round_trip::{require, told};
use crate::support::{Database, postgres};
use crate::wanted::look;

/// A relay before the server, which reads the messages of the protocol that pass through it.
struct Relay {
    port: u16,
    passed: Arc<Mutex<Passed>>,
}

/// What passed through a relay.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Passed {
    connections: usize,
    /// The texts of the simple messages.
    sent: Vec<String>,
    /// The types of other messages that were sent: parts of the extended protocol, which would be named statements.
    other: Vec<u8>,
    rows: usize,
}

impl Relay {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let passed = Arc::new(Mutex::new(Passed::default()));
        let all = Arc::clone(&passed);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, all) = (client.unwrap(), Arc::clone(&all));
                let server = TcpStream::connect(("127.0.0.1", postgres().port())).unwrap();
                all.lock().unwrap().connections += 1;
                let (to_client, from_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let answers = Arc::clone(&all);
                std::thread::spawn(move || {
                    pass(client, server, true, |kind, body| {
                        let mut passed = all.lock().unwrap();
                        match kind {
                            b'Q' => passed.sent.push(text(body)),
                            // The password, and the farewell.
                            b'p' | b'X' => {}
                            other => passed.other.push(other),
                        }
                    });
                });
                std::thread::spawn(move || {
                    pass(from_server, to_client, false, |kind, _| {
                        if kind == b'D' {
                            answers.lock().unwrap().rows += 1;
                        }
                    });
                });
            }
        });
        Self { port, passed }
    }

    fn url(&self, database: &Database) -> String {
        database.url().replace(&format!(":{}/", postgres().port()), &format!(":{}/", self.port))
    }

    /// What passed since it was asked last. Who asks has got all answers.
    fn passed(&self) -> Passed {
        std::mem::take(&mut self.passed.lock().unwrap())
    }
}

fn text(body: &[u8]) -> String {
    String::from_utf8(body.strip_suffix(&[0]).unwrap_or(body).to_vec()).unwrap()
}

/// Hands on messages until one side closes: a type (but for the first one of a client), a length that counts itself, and
/// the rest.
fn pass(mut from: TcpStream, mut to: TcpStream, is_client: bool, mut take: impl FnMut(u8, &[u8])) {
    let mut first = is_client;
    let mut message = || {
        let mut head = if first { vec![0; 4] } else { vec![0; 5] };
        from.read_exact(&mut head).ok()?;
        let length = u32::from_be_bytes(head[head.len() - 4..].try_into().ok()?) as usize;
        let mut body = vec![0; length.checked_sub(4)?];
        from.read_exact(&mut body).ok()?;
        if !first {
            take(head[0], &body);
        }
        first = false;
        to.write_all(&head).ok()?;
        to.write_all(&body).ok()
    };
    while message().is_some() {}
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

/// What a look says and what passed on its way.
async fn looked(database: &Database, sql: &str) -> (Vec<String>, Passed, Observation) {
    let relay = Relay::start();
    let requirements = require(&[("a.sql", sql)]);
    assert_eq!(requirements.problems, []);
    let observation = look(&relay.url(database), &requirements).await;
    let report = compare(&requirements, &observation, Depth::Shape);
    (told(&report), relay.passed(), observation)
}

/// Nothing of it has an expression or a body but the function, whose text is a raw column.
const SHAPES: &str = "create schema crm; \
     create table crm.t (id int primary key, name text not null, made timestamptz, unique (name, made)); \
     create table crm.u (t_id int references crm.t (id), note varchar(20)); \
     create index plain on crm.u (note desc, t_id); \
     create sequence crm.numbers increment 5; \
     create type crm.mood as enum ('sad', 'happy'); \
     create function crm.f(a int) returns int language plpgsql stable as 'begin return a; end'";

#[tokio::test]
async fn s8_f4_after_connecting_the_catalog_takes_one_message() {
    let database = Database::with(SHAPES);
    let (told, passed, _) = looked(&database, SHAPES).await;
    assert_eq!(told, [""; 0]);
    assert_eq!((passed.connections, passed.sent.len()), (1, 1), "{:#?}", passed.sent);
    assert!(passed.other.is_empty(), "{:?}", passed.other);
}

#[tokio::test]
async fn d2_shapes_are_decided_without_the_planner() {
    let database = Database::with(SHAPES);
    database.execute(
        "alter table crm.t alter name drop not null, drop constraint t_name_made_key; \
         alter table crm.u alter note type varchar(30), drop t_id; \
         drop function crm.f(int); \
         create function crm.f(a int) returns bigint language plpgsql stable as 'begin return a; end'; \
         drop sequence crm.numbers",
    );
    let (told, passed, _) = looked(&database, SHAPES).await;
    for found in [
        "Different column/crm.t.name not null: not null / nullable",
        "Missing constraint/crm.t.t_name_made_key",
        "Different column/crm.u.note type: character varying(20) / character varying(30)",
        "Missing column/crm.u.t_id",
        "Missing sequence/crm.numbers",
    ] {
        assert!(told.iter().any(|line| line.starts_with(found)), "{found} is not in {told:#?}");
    }
    assert!(told.iter().any(|line| line.starts_with("Different function/crm.f(integer) ")), "{told:#?}");
    assert!(passed.sent.iter().all(|message| !message.contains("explain")), "{:#?}", passed.sent);
}

#[tokio::test]
async fn f1_what_is_answered_grows_with_what_is_required_and_not_with_the_database() {
    let database = Database::with(SHAPES);
    let (_, alone, _) = looked(&database, SHAPES).await;
    let crowd: Vec<String> = (0..40)
        .map(|number| {
            format!(
                "create schema s{number}; create table s{number}.t (id int primary key, name text not null, \
                 check (id > 0)); create table crm.t{number} (like s{number}.t including all); \
                 create view s{number}.v as select id from s{number}.t"
            )
        })
        .collect();
    database.execute(&crowd.join(";"));
    let (told, crowded, _) = looked(&database, SHAPES).await;
    assert_eq!(told, [""; 0]);
    assert_eq!(crowded.rows, alone.rows);
    assert_eq!(crowded.sent.len(), alone.sent.len());
}

#[tokio::test]
async fn f2_only_indexes_with_expressions_or_predicates_are_asked_for_their_text() {
    let sql = "create table t (a int, b text); \
               create index by_columns on t (b desc, a); \
               create index partial_one on t (a) where b <> ''";
    let database = Database::with(sql);
    let (told, passed, _) = looked(&database, sql).await;
    assert_eq!(told, [""; 0]);
    let [_, texts @ ..] = passed.sent.as_slice() else { panic!("nothing was sent") };
    assert!(texts.iter().any(|message| message.contains("partial_one")), "{texts:#?}");
    assert!(texts.iter().all(|message| !message.contains("by_columns")), "{texts:#?}");
}

/// Everything that a look can send: the catalog, texts, plans, rows, queries, and what hints come from.
#[tokio::test]
async fn s2_v2_v5_v6_every_setting_is_local_and_no_statement_is_named() {
    let sql = "create table t (a int default length('a'), b text check (b <> '')); \
               create view v as select a from t where a > 1; \
               insert into t values (1, 'x') on conflict do nothing; \
               create table gone (a int, b int, c int)";
    let database = Database::with(
        "create table t (a int default length('b'), b text check (b <> '')); \
               create view v as select a from t where a > 2",
    );
    let (_, passed, _) = looked(&database, sql).await;
    assert!(passed.sent.len() > 3, "{:#?}", passed.sent);
    assert!(passed.other.is_empty(), "{:?}", passed.other);
    for message in passed.sent {
        let lines: Vec<&str> =
            message.lines().map(str::trim).filter(|line| !line.starts_with("--")).collect();
        for line in lines.iter().filter(|line| line.starts_with("set ")) {
            assert!(line.starts_with("set local ") || line.starts_with("set transaction "), "{line}");
        }
        for left_behind in ["advisory", "listen", "temp table", "temporary"] {
            assert!(!lines.iter().any(|line| line.contains(left_behind)), "{message}");
        }
    }
}
