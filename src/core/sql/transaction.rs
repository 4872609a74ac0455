//! Transactions: a ROLLBACK undoes what came since BEGIN or the savepoint, so that it is as if it had never been written.

use pg_query::NodeEnum;
use pg_query::protobuf::{Node, TransactionStmtKind};

/// The transaction that is open at some statement of a source.
#[derive(Debug, Clone)]
pub struct Transactions<M> {
    begin: Option<M>,
    savepoints: Vec<(String, M)>,
}

impl<M> Default for Transactions<M> {
    fn default() -> Self {
        Self { begin: None, savepoints: Vec::new() }
    }
}

/// What a statement does to the ones before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<M> {
    /// It is none that begins or ends a transaction, or one whose beginning the source does not show.
    Other,
    /// It begins or ends one, and undoes nothing.
    Passed,
    /// It undoes all that came after this mark.
    BackTo(M),
}

impl<M: Clone> Transactions<M> {
    /// Takes a statement; `mark` is what is needed to come back to the state before it.
    pub fn step(&mut self, node: &Node, mark: impl FnOnce() -> M) -> Step<M> {
        let Some(NodeEnum::TransactionStmt(statement)) = &node.node else { return Step::Other };
        let name = &statement.savepoint_name;
        match statement.kind() {
            TransactionStmtKind::TransStmtBegin | TransactionStmtKind::TransStmtStart => {
                // BEGIN inside of a transaction is but a warning.
                if self.begin.is_none() {
                    self.begin = Some(mark());
                }
                Step::Passed
            }
            TransactionStmtKind::TransStmtCommit | TransactionStmtKind::TransStmtPrepare => {
                self.savepoints.clear();
                self.begin = (statement.chain && self.begin.is_some()).then(mark);
                Step::Passed
            }
            TransactionStmtKind::TransStmtSavepoint => {
                self.savepoints.push((name.clone(), mark()));
                Step::Passed
            }
            TransactionStmtKind::TransStmtRelease => {
                if let Some(at) = self.savepoint(name) {
                    self.savepoints.truncate(at);
                }
                Step::Passed
            }
            TransactionStmtKind::TransStmtRollbackTo => match self.savepoint(name) {
                Some(at) => {
                    self.savepoints.truncate(at + 1);
                    Step::BackTo(self.savepoints[at].1.clone())
                }
                None => Step::Other,
            },
            TransactionStmtKind::TransStmtRollback => {
                self.savepoints.clear();
                let Some(begin) = self.begin.take() else { return Step::Other };
                self.begin = statement.chain.then(|| begin.clone());
                Step::BackTo(begin)
            }
            _ => Step::Other,
        }
    }

    /// Whether what comes may be undone yet.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.begin.is_some() || !self.savepoints.is_empty()
    }

    /// The last savepoint of that name.
    fn savepoint(&self, name: &str) -> Option<usize> {
        self.savepoints.iter().rposition(|(other, _)| other == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::sql::parse;

    /// The statements that count, of statements that are single words but for those of transactions.
    fn left(sql: &str) -> String {
        let tree = parse::parse(sql).unwrap();
        let (mut transactions, mut statements) = (Transactions::default(), Vec::new());
        for raw in &tree.stmts {
            let node = raw.stmt.as_ref().unwrap();
            match transactions.step(node, || statements.len()) {
                Step::BackTo(mark) => statements.truncate(mark),
                Step::Passed => {}
                Step::Other => {
                    statements.push(node.deparse(pg_query::DeparseOptions::default()).unwrap_or_default());
                }
            }
        }
        statements.join("; ")
    }

    #[test]
    fn p15_a_rollback_undoes_what_came_since_the_transaction_or_the_savepoint_began() {
        for (sql, expected) in [
            ("show a; begin; show b; rollback; show c", "SHOW a; SHOW c"),
            ("begin; show a; commit; begin; show b; rollback", "SHOW a"),
            ("begin; show a; savepoint s; show b; rollback to s; show c; commit", "SHOW a; SHOW c"),
            ("begin; savepoint s; show a; release s; savepoint s; show b; rollback to s; commit", "SHOW a"),
            ("begin; show a; savepoint s; show b; rollback; show c", "SHOW c"),
            ("begin; show a; rollback and chain; show b; rollback", ""),
            ("show a; rollback", "SHOW a; ROLLBACK"),
            ("begin; show a; begin; show b; rollback", ""),
        ] {
            assert_eq!(left(sql), expected, "{sql}");
        }
    }
}
