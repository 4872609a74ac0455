//! What the plans of one pair of queries say, round by round.

use crate::core::audit::definitions::ask::Alone;
use crate::core::audit::definitions::plan::{WholePlan, digest, whole};

/// One of the rounds in which pairs are asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Round {
    /// What is declared and what was observed.
    First,
    /// Both, and what is declared once more.
    Again,
    /// The same without the names that branches of a UNION give their columns (N5).
    WithoutNames,
}

/// What the plans of a pair say.
pub(super) enum Judgement {
    Same,
    /// With the forms of the two.
    Different([String; 2]),
    /// The next round decides.
    NotSettled,
    Undecidable(&'static str),
}

impl Round {
    /// What is asked about a pair; `None` where this round has nothing to ask.
    pub(super) fn statements(self, alone: &Alone) -> Option<Vec<String>> {
        let [declared, observed] = match self {
            Self::First => return Some(alone.statements().into()),
            Self::Again => alone.statements(),
            Self::WithoutNames => alone.statements_without_names()?,
        };
        Some(vec![declared.clone(), observed, declared])
    }

    /// What the plans say.
    pub(super) fn judge(self, plans: &[String]) -> Judgement {
        match (self, plans) {
            (_, [one, other, ..]) if digest(one) == digest(other) => Judgement::Same,
            (_, [one, other, rest @ ..]) => {
                match (whole(one), whole(other), rest.first().map(|it| whole(it))) {
                    (Some(one), Some(other), None) if one.form == other.form => Judgement::Same,
                    (Some(_), Some(_), None) => Judgement::NotSettled,
                    (Some(one), Some(other), Some(Some(once_more))) => self.decide(one, other, &once_more),
                    _ => Judgement::Undecidable("its plan cannot be read"),
                }
            }
            (Self::WithoutNames, _) => Judgement::Undecidable(TELLS_NOTHING),
            _ => Judgement::Undecidable("its plan cannot be read"),
        }
    }

    fn decide(self, one: WholePlan, other: WholePlan, once_more: &WholePlan) -> Judgement {
        if one.form == other.form {
            Judgement::Same
        } else if one != *once_more {
            Judgement::Undecidable("the server plans it now in one way and now in another")
        } else if one.masked != other.masked {
            Judgement::Different([one.form, other.form])
        } else if matches!(self, Self::WithoutNames) {
            Judgement::Undecidable(TELLS_NOTHING)
        } else {
            Judgement::NotSettled
        }
    }
}

/// Why plans that only differ so prove nothing.
const TELLS_NOTHING: &str =
    "only casts, or names in branches of a UNION, that may mean nothing tell it apart";
