//! Connections that a server ends while its catalog is read.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use schema_audit::core::audit::observation::Observation;
use schema_audit::postgres::{Error, Failure, Origin, Target, observe};

use crate::support::{Database, postgres};
use crate::wanted::{LIMITS, Seen, require, seen, table};

/// Stands before the server, and ends the first sessions at the first statement that they send.
struct Breaker {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Breaker {
    /// Ends `times` sessions; with the answer that has this severity and SQLSTATE, or without any.
    fn start(times: usize, answer: Option<(&'static str, &'static str)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let all = Arc::clone(&connections);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let breaks = all.fetch_add(1, Ordering::SeqCst) < times;
                let client = client.unwrap();
                let server = TcpStream::connect(("127.0.0.1", postgres().port())).unwrap();
                let (to_client, from_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || from_client(client, server, breaks.then_some(answer)));
                std::thread::spawn(move || copy(from_server, to_client));
            }
        });
        Self { port, connections }
    }

    async fn look(&self, database: &Database) -> Result<Observation, Error> {
        let url = database.url().replace(&format!(":{}/", postgres().port()), &format!(":{}/", self.port));
        let target = Target::parse(&url, None, Origin::CommandLine).unwrap();
        observe(&target, &require([table("t")]), &LIMITS).await
    }
}

type Answer = Option<(&'static str, &'static str)>;

fn from_client(mut from: TcpStream, mut to: TcpStream, breaks: Option<Answer>) {
    let mut first = true;
    loop {
        let mut head = vec![0; if first { 4 } else { 5 }];
        if from.read_exact(&mut head).is_err() {
            break;
        }
        let length = u32::from_be_bytes(head[head.len() - 4..].try_into().unwrap()) as usize;
        let mut body = vec![0; length - 4];
        if from.read_exact(&mut body).is_err() {
            break;
        }
        if let (false, b'Q', Some(answer)) = (first, head[0], breaks) {
            if let Some((severity, state)) = answer {
                let fields = format!("S{severity}\0V{severity}\0C{state}\0Mended\0\0");
                let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
                from.write_all(&[b"E", &length[..], fields.as_bytes()].concat()).unwrap();
            }
            break;
        }
        first = false;
        if to.write_all(&head).and_then(|()| to.write_all(&body)).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

/// What a standby says that ends a session for its replay, what a server says that is told to end one, and a connection
/// that breaks.
const ENDS: [Answer; 3] = [Some(("FATAL", "40001")), Some(("FATAL", "57P01")), None];

#[tokio::test]
async fn v8_a_session_that_is_ended_while_the_catalog_is_read_is_opened_once_more() {
    let database = Database::with("create table t ()");
    for answer in ENDS {
        let breaker = Breaker::start(1, answer);
        let observation = breaker.look(&database).await.unwrap();
        assert_eq!(seen(&observation, &table("t")), Seen::Present, "{answer:?}");
        assert_eq!(breaker.connections.load(Ordering::SeqCst), 2, "{answer:?}");
    }
}

#[tokio::test]
async fn v8_a_session_that_is_ended_again_and_again_is_an_error() {
    let database = Database::with("create table t ()");
    let failures = [Failure::Interrupted, Failure::ServerUnavailable, Failure::Interrupted];
    for (answer, failure) in ENDS.into_iter().zip(failures) {
        let breaker = Breaker::start(usize::MAX, answer);
        let error = breaker.look(&database).await.unwrap_err();
        assert_eq!(error.failure, failure, "{error}");
        assert_eq!(breaker.connections.load(Ordering::SeqCst), 2, "{answer:?}");
    }
}
