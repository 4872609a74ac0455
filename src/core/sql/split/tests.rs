use super::*;
use crate::core::sql::parse::{self, on_big_stack};
use proptest::prelude::*;

/// The statements (line, feature, text) and the problems (line, message) of a text.
fn read_text(text: &str) -> (Vec<String>, Vec<String>) {
    let source = Source { name: "a.sql".into(), text: text.into() };
    on_big_stack(|| {
        let (statements, problems) = split(&source);
        let shown = |statement: &Statement| {
            let feature = statement.feature.as_ref().map(|name| format!(" [{name}]")).unwrap_or_default();
            format!("{}{feature} {}", statement.position.line, &text[statement.range.clone()])
        };
        let problem = |problem: &Problem| {
            let line = problem.position.as_ref().map_or(0, |position| position.line);
            let severity = if problem.severity == Severity::NotModelled { " (not modelled)" } else { "" };
            format!("{line}{severity} {}", problem.message)
        };
        (statements.iter().map(shown).collect(), problems.iter().map(problem).collect())
    })
}

#[track_caller]
fn reads(text: &str, statements: &[&str], problems: &[&str]) {
    let (read, found) = read_text(text);
    assert_eq!(read, statements);
    assert_eq!(found, problems);
}

#[test]
fn p6_ranges_and_lines_are_those_of_the_statement_alone() {
    reads(
        "-- a comment\n\n/* more */ select 1 -- one\n;\n\n  select 'ü;'\n, 2;;\nselect 3 -- the end",
        &["3 select 1", "6 select 'ü;'\n, 2", "8 select 3"],
        &[],
    );
    reads("\u{feff}select 1;\r\nselect 2;\r\n", &["1 select 1", "2 select 2"], &[]);
    reads("", &[], &[]);
    reads("-- only a comment", &[], &[]);
}

#[test]
fn p9_a_broken_statement_fails_alone_with_the_line_of_what_was_refused() {
    reads(
        "select 1;\ncreate tabel t (a int);\nselect 2;",
        &["1 select 1", "3 select 2"],
        &["2 syntax error at or near \"tabel\""],
    );
    // The first "a" that stands wrong, not the first "a".
    reads(
        "create table t (\n  a int,\n  b a a a\n);\nselect 2",
        &["5 select 2"],
        &["3 syntax error at or near \"a\", in the statement that starts in line 1"],
    );
    reads("create table t (a int;\nselect 2", &["2 select 2"], &["1 syntax error at end of input"]);
    reads(
        "select 1 as one\nselect 2;\nselect 3",
        &["3 select 3"],
        &["2 syntax error at or near \"select\", in the statement that starts in line 1"],
    );
}

#[test]
fn a_long_source_is_read_in_order_with_all_of_its_problems() {
    let block = "create table t (a int);\nselect 1 from;\n\\x\nselect 2\n;\nselect 'a\n";
    let (times, lines) = (3_000, 7);
    let text = format!("{block}';\n").repeat(times);
    let (mut statements, mut problems) = (Vec::new(), Vec::new());
    for line in (0..times).map(|nth| nth * lines) {
        statements.push(format!("{} create table t (a int)", line + 1));
        problems.push(format!("{} syntax error at end of input", line + 2));
        statements.push(format!("{} select 2", line + 4));
        statements.push(format!("{} select 'a\n'", line + 6));
    }
    assert!(text.len() > 64 << 10);
    let (read, found) = read_text(&text);
    assert_eq!(read, statements);
    assert_eq!(found, problems);
}

#[test]
fn p8_bodies_in_standard_sql_are_not_cut() {
    reads(
        "create function f() returns int begin atomic select case when true then 1 end; select 2; end;\nselect 3;",
        &[
            "1 create function f() returns int begin atomic select case when true then 1 end; select 2; end",
            "2 select 3",
        ],
        &[],
    );
    reads(
        "create rule r as on insert to t do also (select 1; select 2);\nselect 3",
        &["1 create rule r as on insert to t do also (select 1; select 2)", "2 select 3"],
        &[],
    );
    reads("begin; select 1; end; commit;", &["1 begin", "1 select 1", "1 end", "1 commit"], &[]);
    reads(
        "create function f() returns int language plpgsql as $$ begin return 1; end $$;select 1",
        &["1 create function f() returns int language plpgsql as $$ begin return 1; end $$", "1 select 1"],
        &[],
    );
}

#[test]
fn what_is_not_closed_takes_the_rest_and_nothing_before() {
    for (opening, message) in [
        ("'it", "unterminated quoted string, which takes in the rest of the file"),
        ("$a$it", "unterminated dollar-quoted string, which takes in the rest of the file"),
        ("\"it", "unterminated quoted identifier, which takes in the rest of the file"),
    ] {
        let text = format!("select 1;\nselect\n {opening}; select 2;\nselect 3;");
        reads(&text, &["1 select 1"], &[&format!("3 {message}")]);
    }
    reads(
        "select 1;\nselect 2 /* it; select 3;",
        &["1 select 1", "2 select 2"],
        &["2 unterminated /* comment"],
    );
}

#[test]
fn a_byte_that_is_no_text_costs_its_statement_alone() {
    let text =
        encoding::decode(b"-- caf\xe9\nselect 1;\nselect 'a\xc3\xa9' ||\n 'caf\xe9';\nselect 2".to_vec());
    let (read, problems) = read_text(&text);
    assert_eq!(read, ["2 select 1", "5 select 2"]);
    assert_eq!(problems, ["4 byte 6 of this line, 0xE9, is not UTF-8 text; save the file as UTF-8"]);
}

#[test]
fn a_file_that_was_not_read_is_a_problem_and_no_statement() {
    let (read, problems) = read_text(&encoding::not_read("this is no text; select 1"));
    assert_eq!(read, [""; 0]);
    assert_eq!(problems, ["1 this is no text; select 1"]);
}

#[test]
fn p14_a_statement_of_very_many_megabytes_is_left_out_alone() {
    let text = format!("insert into t values ('{0}');\nselect '{0}';\nselect 2", "x".repeat(MOST_BYTES));
    let (read, problems) = read_text(&text);
    assert_eq!(read, ["3 select 2"]);
    assert_eq!(
        problems,
        [
            "1 (not modelled) INSERT of more than 4 MiB is not audited by this version",
            "2 this statement is longer than 4 MiB, which is the most that is read",
        ]
    );
}

#[test]
fn p4_what_is_nested_too_deeply_is_said_so() {
    let deep = format!("select\n {}1{};\nselect 2", "abs(".repeat(5_000), ")".repeat(5_000));
    let (read, problems) = read_text(&deep);
    assert_eq!(read, ["3 select 2"]);
    assert!(problems[0].starts_with("1 it is nested too deeply for PostgreSQL's parser ("), "{problems:?}");
    assert!(problems[0].len() < 120, "{problems:?}");
}

#[test]
fn p13_a_placeholder_in_a_quoted_name_is_refused() {
    reads(
        "create table \"${schema}\".t (a int);\nselect '{{x}}', \"a {b}\"",
        &["2 select '{{x}}', \"a {b}\""],
        &["1 the placeholder ${schema} must be filled in before this SQL can be read"],
    );
}

#[test]
fn p10_a_nul_byte_is_named_with_its_line() {
    reads(
        "select 1;\nselect\n '\0';\nselect 2;",
        &["1 select 1", "4 select 2"],
        &["3 there is a NUL byte, which PostgreSQL takes in no text: is the file UTF-16?"],
    );
}

#[test]
fn p11_a_no_break_space_is_named_with_its_line() {
    reads(
        "create table t (\n  a\u{a0}int,\n  b text\n);\nselect '\u{a0}';",
        &["5 select '\u{a0}'"],
        &[
            "2 syntax error at or near \"text\": there is a no-break space (U+00A0) in this line, which is no space to \
           PostgreSQL, in the statement that starts in line 1",
        ],
    );
    reads(
        "create\u{a0}table t (a int);",
        &[],
        &[
            "1 syntax error at or near \"create\u{a0}table\": there is a no-break space (U+00A0) in this line, which \
           is no space to PostgreSQL",
        ],
    );
}

#[test]
fn p13_commands_of_psql_are_no_sql() {
    reads(
        "\\set ON_ERROR_STOP on\n\\echo it's on\nselect 1;\n\\restrict x\n\\i more.sql\nselect 2 \\g\nselect 3 \
         \\gexec\nselect 4 \\; select 5;\nselect '\n\\i no.sql';",
        &["3 select 1", "6 select 2", "7 select 3", "8 select 4", "8 select 5", "9 select '\n\\i no.sql'"],
        &[
            "5 (not modelled) psql's \\i more.sql is not modelled",
            "7 (not modelled) psql's \\gexec is not modelled",
        ],
    );
    reads(
        "create table t (\n\\set x 1\n a int);\nselect 1",
        &["4 select 1"],
        &["2 psql's \\set stands in the middle of a statement: move it before"],
    );
}

#[test]
fn p13_data_of_copy_are_no_sql() {
    reads(
        "copy t (a, b) from stdin with (format csv);\n1\tit's; x\n\\N\t(\n\\.\nselect 1;",
        &["1 copy t (a, b) from stdin with (format csv)", "5 select 1"],
        &[],
    );
    reads(
        "COPY public.t FROM stdin;\r\n1\r\n\\.\r\nselect 1;",
        &["1 COPY public.t FROM stdin", "4 select 1"],
        &[],
    );
    reads(
        "copy t from stdin;\n1\nselect 1;",
        &["1 copy t from stdin"],
        &["1 the data of COPY ... FROM stdin do not end with a line of \\. alone"],
    );
    reads("copy t from '/a';\nselect 1;", &["1 copy t from '/a'", "2 select 1"], &[]);
}

#[test]
fn p13_sections_that_undo_are_left_out() {
    reads(
        "-- +goose Up\nselect 1;\n-- +goose Down\ndrop table 'x;\n-- +goose Up\nselect 2;",
        &["2 select 1", "6 select 2"],
        &[],
    );
    reads("-- migrate:up\nselect 1;\n\n-- migrate:down\nselect 2;", &["2 select 1"], &[]);
    reads("-- migrate:up\nselect 1\n-- migrate:down\nselect 2;", &["2 select 1"], &[]);
    reads("-- Revert shop:users from pg\n\nbegin;\ndrop table users;", &[], &[]);
}

#[test]
fn p13_placeholders_are_named_with_their_line() {
    for (placeholder, statement) in [
        ("${schema}", "create table\n ${schema}.t (a int)"),
        ("{{ schema }}", "create table\n {{ schema }}.t (a int)"),
        (":owner", "alter table t\n owner to :owner"),
        (":'pw'", "create role x\n password :'pw'"),
    ] {
        let text = format!("{statement};\nselect '${{x}}', a[1:2] from t;");
        reads(
            &text,
            &["3 select '${x}', a[1:2] from t"],
            &[&format!(
                "2 the placeholder {placeholder} must be filled in before this SQL can be read, in the statement \
                 that starts in line 1"
            )],
        );
    }
}

#[test]
fn markers_put_statements_under_features_and_leave_statements_out() {
    reads(
        "select 0;\n-- schema-audit: feature core\nselect 1;\n-- schema-audit: ignore\nselekt 2;\nselect 3;\n\
         -- schema-audit: feature mail\nselect 4; -- schema-audit: ingore\nselect '-- schema-audit: feature x';",
        &[
            "1 select 0",
            "3 [core] select 1",
            "6 [core] select 3",
            "8 [mail] select 4",
            "9 [mail] select '-- schema-audit: feature x'",
        ],
        &["8 there is no marker \"ingore\"; there are feature NAME, ignore, when-missing COMPONENT and \
           allow-destructive REASON"],
    );
    // A marker inside a statement is about what follows it.
    reads(
        "select 1, -- schema-audit: ignore\n 2;\nselect 3; select 4",
        &["1 select 1, -- schema-audit: ignore\n 2", "3 select 4"],
        &[],
    );
}

#[test]
fn a_long_token_is_cut_in_the_message() {
    let (_, problems) = read_text(&format!("create table t (a int) '{}'", "x".repeat(1000)));
    assert_eq!(problems, [format!("1 syntax error at or near \"'{}...\"", "x".repeat(59))]);
}

/// Pieces that matter to the cut, so that random texts reach its corners.
fn fragments() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            "'",
            "\"",
            "$$",
            "$a$",
            "E'",
            "\\",
            "--",
            "/*",
            "*/",
            ";",
            "(",
            ")",
            "\n",
            "\r",
            "\0",
            "\u{a0}",
            "é",
            "create function f() begin atomic ",
            "end",
            "copy t from stdin;\n",
            "\\.\n",
            "\\gexec ",
            "select 1",
            "-- +goose down\n",
            "-- +goose up\n",
            "-- schema-audit: ignore\n",
            "${",
            ":a",
            "{{",
            "\u{feff}",
            " ",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(fragment, 0..12).prop_map(|fragments| fragments.concat())
}

proptest! {
    #[test]
    fn any_text_is_split_in_order_and_between_characters(text in fragments()) {
        let source = Source { name: "a.sql".into(), text: text.as_str().into() };
        on_big_stack(|| {
            let (statements, problems) = split(&source);
            let mut end = 0;
            for statement in &statements {
                assert!(statement.range.start >= end, "{:?}", statement.range);
                assert!(text.get(statement.range.clone()).is_some_and(|slice| parse::parse(slice).is_ok()));
                end = statement.range.end;
            }
            let lines = u32::try_from(text.matches('\n').count()).unwrap() + 1;
            assert!(problems.iter().all(|problem| problem.position.as_ref().unwrap().line <= lines));
        });
    }
}
