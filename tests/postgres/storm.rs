//! Audits while the schema is changed all the time: each look is one snapshot, so no object is ever half there.

use std::sync::atomic::{AtomicBool, Ordering};

use schema_audit::core::audit::finding::State;

use crate::round_trip::{audit, require};
use crate::support::Database;

const SQL: &str = "
    create table storm (id int primary key, name text not null default 'x', kind text check (kind <> ''));
    create index storm_name on storm (lower(name)) where kind is not null;
    create view calm as select id, name from storm;
    create function eye() returns int language sql as 'select 1';
    create policy p on storm using (name = current_user);
    comment on table storm is 'comes and goes';
";

const GONE: &str = "drop view calm; drop table storm; drop function eye()";

/// Makes and drops the schema, each in one transaction, until told to stop.
fn blow(database: &Database, over: &AtomicBool) {
    let session = database.session();
    while !over.load(Ordering::Relaxed) {
        session.execute(&format!("begin; {SQL}; commit"));
        session.execute(&format!("begin; {GONE}; commit"));
    }
}

#[tokio::test]
async fn s1_no_object_is_half_seen_in_a_storm_of_ddl() {
    let database = Database::new();
    let requirements = require(&[("storm.sql", SQL)]);
    assert_eq!(requirements.problems, []);
    let over = AtomicBool::new(false);
    let (mut there, mut gone) = (0, 0);
    let mut reports = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| blow(&database, &over));
        let looks = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            (0..150).map(|_| runtime.block_on(audit(&database, &requirements))).collect::<Vec<_>>()
        });
        let looks = looks.join();
        over.store(true, Ordering::Relaxed);
        reports = looks.unwrap();
    });
    for report in reports {
        let findings = &report.findings;
        let missing = findings.iter().filter(|finding| finding.state == State::Missing).count();
        assert!(findings.iter().all(|finding| finding.state != State::Different), "{findings:#?}");
        match missing {
            0 => there += 1,
            all if all == findings.len() => gone += 1,
            some => panic!("{some} of {} are missing: {findings:#?}", findings.len()),
        }
    }
    assert!(there > 0 && gone > 0, "the storm was seen in one state only: {there} there, {gone} gone");
}
