//! Sequences after they were made: ALTER SEQUENCE, and the SET of an identity column.

use super::{Declared, Origin};
use crate::core::component::ComponentId;
use crate::core::kind::sequence::Sequence;
use crate::core::kind::{Kind, Shape};
use crate::core::name::QualifiedName;
use crate::core::sql::effect::sequence::bounds;
use crate::core::sql::effect::{SequenceOf, SequenceOptions};

impl Declared {
    /// Takes over what the statement says, with what follows from it.
    pub(super) fn change_sequence(
        &mut self,
        sequence: SequenceOf,
        options: &SequenceOptions,
        origin: &Origin,
    ) {
        let names: Vec<QualifiedName> = match sequence {
            SequenceOf::Name(name) => vec![name],
            SequenceOf::Column(relation, column) => {
                self.owned_sequences.get(&(relation, column)).into_iter().flatten().cloned().collect()
            }
        };
        for name in names {
            let id = ComponentId::in_schema(Kind::Sequence, name);
            if let Shape::Sequence(sequence) = self.part_of(id, origin) {
                alter(sequence, options);
            }
        }
    }
}

/// `init_params` of PostgreSQL's `sequence.c`: a bound that was the old type's own becomes the new type's.
fn alter(sequence: &mut Sequence, options: &SequenceOptions) {
    let SequenceOptions { data_type, start, increment, minimum, maximum, cache, cycle } = options;
    let (mut reset_minimum, mut reset_maximum) = (false, false);
    if let Some(new) = data_type {
        if let Some((lowest, highest)) = sequence.data_type.as_ref().map(bounds) {
            reset_minimum = sequence.minimum == Some(lowest);
            reset_maximum = sequence.maximum == Some(highest);
        } else {
            // Whether they were the type's own is not known.
            (sequence.minimum, sequence.maximum) = (None, None);
        }
        sequence.data_type = Some(new.clone());
    }
    sequence.increment = increment.or(sequence.increment);
    let ascends = sequence.increment.map(|increment| increment > 0);
    let own = sequence.data_type.as_ref().map(bounds);
    match maximum {
        Some(Some(value)) => sequence.maximum = Some(*value),
        Some(None) if !reset_maximum => {
            sequence.maximum = match ascends {
                Some(true) => own.map(|(_, highest)| highest),
                Some(false) => Some(-1),
                None => None,
            }
        }
        _ if reset_maximum => sequence.maximum = own.map(|(_, highest)| highest),
        _ => {}
    }
    match minimum {
        Some(Some(value)) => sequence.minimum = Some(*value),
        Some(None) if !reset_minimum => {
            sequence.minimum = match ascends {
                Some(true) => Some(1),
                Some(false) => own.map(|(lowest, _)| lowest),
                None => None,
            }
        }
        _ if reset_minimum => sequence.minimum = own.map(|(lowest, _)| lowest),
        _ => {}
    }
    sequence.start = start.or(sequence.start);
    sequence.cache = cache.or(sequence.cache);
    sequence.cycle = cycle.or(sequence.cycle);
}
