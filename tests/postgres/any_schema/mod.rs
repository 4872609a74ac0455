//! Any schema, run on a real server, is present as declared; and any one change of it is exactly that one finding.
//!
//! `ROUND_TRIP_CASES` says how many schemas to try. They are the same in each run, unless `ROUND_TRIP_RANDOM` is set.

pub mod recipe;
pub mod sql;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use tokio::runtime::Runtime;

use self::recipe::{Recipe, recipe};
use self::sql::{Change, Printed};
use crate::round_trip::{audit, require, told};
use crate::support::Database;

/// Enough to meet every form of every kind.
const CASES: u32 = 150;

pub const EMPTY: &str =
    "drop schema public cascade; create schema public; grant all on schema public to public";

struct World {
    runtime: Runtime,
    database: Database,
}

impl World {
    /// What the audit says about what the database holds now.
    fn findings(&self, declared: &str) -> Result<Vec<String>, TestCaseError> {
        let requirements = require(&[("any.sql", declared)]);
        if let Some(problem) = requirements.problems.first() {
            return Err(TestCaseError::fail(format!("{}\nin:\n{declared}", problem.message)));
        }
        let mut report = self.runtime.block_on(audit(&self.database, &requirements));
        // What only follows from another finding (the comment of a table that is gone) is none of its own.
        report.findings.retain(|finding| finding.because_of.is_none());
        Ok(told(&report))
    }

    fn try_schema(&self, recipe: &Recipe) -> Result<(), TestCaseError> {
        let Printed { sql, changes } = Printed::of(recipe);
        self.database.execute(EMPTY);
        self.database.execute(&sql);
        let found = self.findings(&sql)?;
        if !found.is_empty() {
            return Err(TestCaseError::fail(format!("nothing was changed, but: {found:#?}\nin:\n{sql}")));
        }
        let Some(change) = changes.get(recipe.change % changes.len().max(1)) else { return Ok(()) };
        self.database.execute(&change.sql);
        let found = self.findings(&sql)?;
        match found.as_slice() {
            [one] if is_it(one, change) => Ok(()),
            _ => Err(TestCaseError::fail(format!(
                "after: {}\nexpected only: {}\nfound: {found:#?}\nin:\n{sql}",
                change.sql, change.finding
            ))),
        }
    }
}

/// Whether a finding is the expected one; `...` stands for the arguments of a function.
fn is_it(found: &str, change: &Change) -> bool {
    match change.finding.split_once("...") {
        Some((before, after)) => {
            found.starts_with(before) && found.contains(after.trim_start_matches([':', ' ']))
        }
        None => match change.finding.split_once(": ") {
            Some((component, part)) => {
                found.strip_prefix(component).is_some_and(|rest| rest.trim_start().starts_with(part))
            }
            None => found.starts_with(&change.finding),
        },
    }
}

#[test]
fn any_schema_is_present_as_declared_and_any_change_of_it_is_one_finding() {
    let cases = std::env::var("ROUND_TRIP_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let database = Database::new();
    // Roles are of the whole server: another run may have made it.
    database.execute(
        "do $$ begin create role any_schema_role; exception when duplicate_object then null; end $$",
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = World { runtime, database };
    let config = Config { cases, max_shrink_iters: 400, failure_persistence: None, ..Config::default() };
    let mut runner = if std::env::var_os("ROUND_TRIP_RANDOM").is_some() {
        TestRunner::new(config)
    } else {
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
    };
    match runner.run(&recipe(), |recipe| world.try_schema(&recipe)) {
        Ok(()) => {}
        // The SQL in the reason says more than the recipe.
        Err(TestError::Fail(reason, _) | TestError::Abort(reason)) => panic!("{reason}"),
    }
}
