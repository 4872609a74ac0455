//! The arguments of a function (`proargmodes`, `proallargtypes`, `proargnames` of `pg_proc`).

use crate::core::catalog::Row;
use crate::core::kind::letter::Letter;
use crate::core::kind::{Comparison, DecodeError, format_type};
use crate::core::name::Identifier;
use crate::core::type_name::TypeName;

/// One argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// IN, OUT, INOUT, VARIADIC, or a column of RETURNS TABLE.
    pub mode: Mode,
    /// Its name, if it has one.
    pub name: Option<Identifier>,
    /// Its type; `None` where the SQL does not settle it (`%TYPE`).
    pub data_type: Option<TypeName>,
}

/// What an argument is for (`PROARGMODE_*` in PostgreSQL's `pg_proc.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// IN.
    In,
    /// OUT.
    Out,
    /// INOUT.
    InOut,
    /// VARIADIC.
    Variadic,
    /// A column of RETURNS TABLE.
    Table,
}

impl Mode {
    /// Whether the caller gives it.
    #[must_use]
    pub const fn is_input(self) -> bool {
        matches!(self, Self::In | Self::InOut | Self::Variadic)
    }

    /// Whether it is a column of the result.
    #[must_use]
    pub const fn is_output(self) -> bool {
        matches!(self, Self::Out | Self::InOut | Self::Table)
    }
}

impl Letter for Mode {
    const LETTERS: &'static [(Self, &'static str, &'static str)] = &[
        (Self::In, "i", "in"),
        (Self::Out, "o", "out"),
        (Self::InOut, "b", "inout"),
        (Self::Variadic, "v", "variadic"),
        (Self::Table, "t", "table"),
    ];
}

/// Reads the arguments of a row.
pub(super) fn decode(row: &Row<'_>) -> Result<Vec<Argument>, DecodeError> {
    let rows: Vec<(String, String, Option<String>)> = row.json_or_default("all_arguments")?;
    let argument = |(mode, printed, name): &(String, String, Option<String>)| {
        let mode = Mode::of(mode).ok_or_else(|| row.unknown_value("all_arguments", mode))?;
        let name = name.as_deref().filter(|name| !name.is_empty()).map(Identifier::new);
        Ok(Argument { mode, name, data_type: Some(format_type::parse(printed)) })
    };
    rows.iter().map(argument).collect()
}

/// Compares names and modes of the arguments; their types are the identity. A name counts where both have one: callers
/// may use it. The columns of the result are compared with their types.
pub(super) fn compare(expected: &[Argument], actual: &[Argument], comparison: &mut Comparison) {
    let inputs = |arguments: &[Argument]| -> Vec<Argument> {
        arguments.iter().filter(|argument| argument.mode.is_input()).cloned().collect()
    };
    let outputs = |arguments: &[Argument]| -> Vec<Argument> {
        arguments.iter().filter(|argument| argument.mode.is_output()).cloned().collect()
    };
    let (expected_in, actual_in) = (inputs(expected), inputs(actual));
    let pairs = || expected_in.iter().zip(&actual_in);
    let renamed = pairs()
        .any(|(one, other)| matches!((&one.name, &other.name), (Some(one), Some(other)) if one != other));
    if renamed {
        let show = |arguments: &[Argument]| {
            let names = arguments.iter().map(|a| a.name.as_ref().map_or("?".to_owned(), ToString::to_string));
            format!("({})", names.collect::<Vec<_>>().join(", "))
        };
        comparison.differs("argument names", show(&expected_in), show(&actual_in));
    }
    let variadic = |arguments: &[Argument]| arguments.iter().any(|argument| argument.mode == Mode::Variadic);
    let words = ("variadic", "not variadic");
    if expected_in.len() == actual_in.len() {
        comparison.either("last argument", Some(variadic(expected)), Some(variadic(actual)), words);
    }
    let (expected, actual) = (outputs(expected), outputs(actual));
    if !same_columns(&expected, &actual) {
        comparison.differs("columns of the result", show_columns(&expected), show_columns(&actual));
    }
}

fn same_columns(expected: &[Argument], actual: &[Argument]) -> bool {
    expected.len() == actual.len()
        && expected.iter().zip(actual).all(|(expected, actual)| {
            let same_type = match (&expected.data_type, &actual.data_type) {
                (Some(expected), Some(actual)) => expected.is_same_ignoring_modifier(actual),
                _ => true,
            };
            same_type
                && expected.name == actual.name
                && (expected.mode == Mode::Table) == (actual.mode == Mode::Table)
        })
}

fn show_columns(columns: &[Argument]) -> String {
    let shown = |column: &Argument| {
        let data_type = column.data_type.as_ref().map_or_else(|| "any type".into(), ToString::to_string);
        match &column.name {
            Some(name) => format!("{name} {data_type}"),
            None => data_type,
        }
    };
    let word = if columns.iter().any(|column| column.mode == Mode::Table) { "table " } else { "" };
    format!("{word}({})", columns.iter().map(shown).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argument(mode: Mode, name: &str, internal: &str) -> Argument {
        let name = (!name.is_empty()).then(|| Identifier::new(name));
        Argument { mode, name, data_type: Some(TypeName::built_in(internal)) }
    }

    fn told(expected: &[Argument], actual: &[Argument]) -> Vec<String> {
        let mut comparison = Comparison::default();
        compare(expected, actual, &mut comparison);
        comparison.differences.iter().map(|d| format!("{}: {} / {}", d.part, d.expected, d.actual)).collect()
    }

    #[test]
    fn names_of_inputs_count_where_both_have_one() {
        let named = |name| vec![argument(Mode::In, name, "int4")];
        assert_eq!(told(&named("a"), &named("")), [""; 0]);
        assert_eq!(told(&named(""), &named("a")), [""; 0]);
        assert_eq!(told(&named("a"), &named("b")), ["argument names: (a) / (b)"]);
        let variadic = vec![argument(Mode::Variadic, "a", "int4")];
        assert_eq!(told(&variadic, &named("a")), ["last argument: variadic / not variadic"]);
    }

    #[test]
    fn columns_of_the_result_are_compared_with_names_and_types() {
        let table = |name, internal| vec![argument(Mode::Table, name, internal)];
        assert_eq!(told(&table("a", "int4"), &table("a", "int4")), [""; 0]);
        assert_eq!(
            told(&table("a", "int4"), &table("b", "int4")),
            ["columns of the result: table (a integer) / table (b integer)"]
        );
        let out = vec![argument(Mode::Out, "a", "int4"), argument(Mode::InOut, "b", "text")];
        assert_eq!(
            told(&out, &[argument(Mode::Out, "a", "int8"), argument(Mode::InOut, "b", "text")]),
            ["columns of the result: (a integer, b text) / (a bigint, b text)"]
        );
        let any = vec![Argument { data_type: None, ..argument(Mode::Out, "a", "int4") }];
        assert_eq!(told(&any, &[argument(Mode::Out, "a", "int8")]), [""; 0]);
    }
}
