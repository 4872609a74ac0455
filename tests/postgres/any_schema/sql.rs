//! A recipe as SQL, with the changes that can be made to what it makes, each with the one finding that it must give.

use std::fmt::Write;

use super::recipe::{
    ColumnRecipe, FunctionRecipe, IndexRecipe, Key, Recipe, TableRecipe, TypeRecipe, ViewRecipe,
};

/// A schema as SQL.
#[derive(Debug, Default)]
pub struct Printed {
    /// The statements.
    pub sql: String,
    /// What can be changed.
    pub changes: Vec<Change>,
}

/// A change, and the finding that it gives: `Missing KIND/NAME` or `Different KIND/NAME: PART`.
#[derive(Debug, Clone)]
pub struct Change {
    pub sql: String,
    pub finding: String,
}

/// A type for columns, with defaults that are written in one way and stored in another, and conditions on `%`.
struct Sort {
    name: &'static str,
    /// Another type that its values can be cast to, and the type's name in findings does not matter.
    other: &'static str,
    defaults: &'static [&'static str],
    conditions: &'static [&'static str],
    btree: bool,
}

const SORTS: &[Sort] = &[
    Sort {
        name: "int",
        other: "bigint",
        defaults: &["0", "-1", "1 + 2", "(7)::int"],
        conditions: &[
            "% > 0",
            "% between 1 and 10",
            "% in (1, 2, 3)",
            "not % < 0",
            "% is not null or true",
            "(% + 1) * 2 <> 4",
        ],
        btree: true,
    },
    Sort {
        name: "bigint",
        other: "numeric",
        defaults: &["1", "10000000000"],
        conditions: &["% >= 5", "%::text <> '5'"],
        btree: true,
    },
    Sort {
        name: "text",
        other: "varchar(77)",
        defaults: &["'x'", "'a' || 'b'", "lower('X')", "'it''s'", "current_user"],
        conditions: &[
            "% <> ''",
            "length(%) < 10",
            "% like 'a%'",
            "% in ('a', 'b')",
            "% ~ '^x'",
            "coalesce(%, '') = upper(%)",
        ],
        btree: true,
    },
    Sort {
        name: "varchar(20)",
        other: "varchar(30)",
        defaults: &["''", "'x'::text", "'y'"],
        conditions: &["% <> ''", "% = any (array['a', 'b'])", "% ilike '%z'", "char_length(%) > 1"],
        btree: true,
    },
    Sort {
        name: "char(3)",
        other: "char(4)",
        defaults: &["'abc'"],
        conditions: &["% <> 'xxx'"],
        btree: true,
    },
    Sort {
        name: "numeric(8, 2)",
        other: "numeric(9, 2)",
        defaults: &["0", "1.5", "round(2.567, 2)"],
        conditions: &[
            "% > 0",
            "% between 0 and 99.5",
            "% * 2 > 1",
            "case when % > 1 then true else false end",
        ],
        btree: true,
    },
    Sort {
        name: "boolean",
        other: "text",
        defaults: &["true", "(not true)", "'f'"],
        conditions: &["%", "not %", "% is true"],
        btree: true,
    },
    Sort {
        name: "date",
        other: "timestamp",
        defaults: &["current_date", "'2020-01-01'"],
        conditions: &["% > '2020-01-01'", "extract(year from %) > 2000", "% < date '2100-01-01' + 1"],
        btree: true,
    },
    Sort {
        name: "timestamptz",
        other: "timestamptz(3)",
        defaults: &["now()", "current_timestamp", "now() - interval '1 day'", "timezone('utc', now())"],
        conditions: &["% > '2020-01-01 00:00:00+00'", "% is distinct from 'epoch'"],
        btree: true,
    },
    Sort {
        name: "timestamp(3)",
        other: "timestamp",
        defaults: &["localtimestamp", "'now'"],
        conditions: &["% > 'epoch'"],
        btree: true,
    },
    Sort {
        name: "interval",
        other: "text",
        defaults: &["'1 day'", "interval '2' hour"],
        conditions: &["% > '1 h'"],
        btree: true,
    },
    Sort {
        name: "uuid",
        other: "text",
        defaults: &["'00000000-0000-0000-0000-000000000000'"],
        conditions: &["% is not null"],
        btree: true,
    },
    Sort {
        name: "jsonb",
        other: "json",
        defaults: &["'{}'", "'[]'::jsonb"],
        conditions: &["% ? 'a'", "(% ->> 'n')::int > 0", "jsonb_typeof(%) = 'object'"],
        btree: true,
    },
    Sort {
        name: "int[]",
        other: "bigint[]",
        defaults: &["'{}'", "array[1, 2]"],
        conditions: &["cardinality(%) < 9", "1 = any (%)"],
        btree: true,
    },
    Sort {
        name: "double precision",
        other: "real",
        defaults: &["0", "1e3"],
        conditions: &["% > 0.5"],
        btree: true,
    },
    Sort {
        name: "bytea",
        other: "text",
        defaults: &["'\\x00'"],
        conditions: &["octet_length(%) < 100"],
        btree: true,
    },
    Sort {
        name: "bit(3)",
        other: "bit varying(3)",
        defaults: &["b'101'"],
        conditions: &["% <> b'000'"],
        btree: true,
    },
    Sort {
        name: "inet",
        other: "text",
        defaults: &["'127.0.0.1'"],
        conditions: &["family(%) = 4"],
        btree: true,
    },
    Sort {
        name: "point",
        other: "text",
        defaults: &["'(0,0)'", "point(1, 2)"],
        conditions: &["%[0] > 0"],
        btree: false,
    },
];

/// Names that quoting, folding and keywords make hard.
const NAMES: &[&str] =
    &["plain", "Mixed", "with space", "order", "naïve", "q\"uote", "a.b", "type", "x1", "value", "user"];

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// As findings print a name: plain ones and unreserved words bare.
fn shown(name: &str) -> String {
    schema_audit::core::name::Identifier::new(name).to_string()
}

fn pick<T>(list: &[T], number: usize) -> &T {
    &list[number % list.len()]
}

fn table_name(recipe: &Recipe, position: usize) -> String {
    format!("{} t{position}", pick(NAMES, recipe.tables[position].name))
}

fn column_name(column: &ColumnRecipe, position: usize) -> String {
    format!("{}_c{position}", pick(NAMES, column.name))
}

fn condition(sort: &Sort, number: usize, column: &str) -> String {
    // Only the first sign stands for the column where the condition is a pattern.
    pick(sort.conditions, number).replacen('%', column, 1).replace("upper(%)", &format!("upper({column})"))
}

impl Printed {
    pub fn of(recipe: &Recipe) -> Self {
        let mut printed = Self::default();
        for (position, type_) in recipe.types.iter().enumerate() {
            printed.type_(type_, position);
        }
        for (position, sequence) in recipe.sequences.iter().enumerate() {
            let name = format!("s{position}");
            let as_type = if sequence.small { " as smallint" } else { "" };
            let cycle = if sequence.cycle { " cycle" } else { "" };
            printed
                .run(&format!("create sequence {name}{as_type} increment by {}{cycle}", sequence.increment));
            printed.missing(&format!("drop sequence {name}"), &format!("sequence/public.{name}"));
            printed.different(
                &format!("alter sequence {name} cache 7"),
                &format!("sequence/public.{name}: cache"),
            );
        }
        printed.run("create function stamp() returns trigger language plpgsql as 'begin return new; end'");
        for position in 0..recipe.tables.len() {
            printed.table(recipe, position);
        }
        for (position, function) in recipe.functions.iter().enumerate() {
            printed.function(function, position);
        }
        for (position, view) in recipe.views.iter().enumerate() {
            printed.view(recipe, view, position);
        }
        printed
    }

    fn run(&mut self, sql: &str) {
        let _ = writeln!(self.sql, "{sql};");
    }

    fn missing(&mut self, sql: &str, component: &str) {
        self.changes.push(Change { sql: sql.into(), finding: format!("Missing {component}") });
    }

    fn different(&mut self, sql: &str, part: &str) {
        self.changes.push(Change { sql: sql.into(), finding: format!("Different {part}") });
    }

    fn type_(&mut self, type_: &TypeRecipe, position: usize) {
        let name = format!("y{position}");
        let component = format!("type/public.{name}");
        match type_ {
            TypeRecipe::Enum { labels } => {
                let labels: Vec<String> = (0..*labels).map(|label| format!("'l {label}'")).collect();
                self.run(&format!("create type {name} as enum ({})", labels.join(", ")));
                self.different(
                    &format!("alter type {name} add value 'one more'"),
                    &format!("{component}: labels"),
                );
            }
            TypeRecipe::Domain { base, check, not_null } => {
                let sort = pick(SORTS, *base);
                let not_null_words = if *not_null { " not null" } else { "" };
                let check_words = if *check {
                    format!(" check ({})", condition(sort, *base, "value"))
                } else {
                    String::new()
                };
                self.run(&format!("create domain {name} as {}{not_null_words}{check_words}", sort.name));
                let turn = if *not_null { "drop" } else { "set" };
                self.different(
                    &format!("alter domain {name} {turn} not null"),
                    &format!("{component}: not null"),
                );
                if *check {
                    self.different(
                        &format!("alter domain {name} drop constraint {name}_check"),
                        &format!("{component}: "),
                    );
                }
            }
            TypeRecipe::Composite { attributes } => {
                let attributes: Vec<String> = attributes
                    .iter()
                    .enumerate()
                    .map(|(position, sort)| format!("a{position} {}", pick(SORTS, *sort).name))
                    .collect();
                self.run(&format!("create type {name} as ({})", attributes.join(", ")));
                self.different(
                    &format!("alter type {name} add attribute more int"),
                    &format!("{component}: attributes"),
                );
            }
            TypeRecipe::Range => self.run(&format!("create type {name} as range (subtype = date)")),
        }
        self.missing(&format!("drop type {name}"), &component);
    }

    fn table(&mut self, recipe: &Recipe, position: usize) {
        let table = &recipe.tables[position];
        let name = table_name(recipe, position);
        let (sql_name, shown_name) = (quoted(&name), format!("public.{}", shown(&name)));
        let mut elements = Vec::new();
        match table.key {
            Key::None => {}
            Key::Serial => elements.push("id serial primary key".to_owned()),
            Key::Identity => elements.push("id bigint generated always as identity primary key".to_owned()),
            Key::Named => {
                elements.push(format!("id int not null, constraint \"Key of {position}\" primary key (id)"));
            }
        }
        let keyed = table.key != Key::None;
        let partitioned = table.partitioned && !keyed;
        for (position, column) in table.columns.iter().enumerate() {
            elements.push(column_element(column, sort_of(table, position), position, partitioned));
        }
        let foreign =
            table.foreign_key.map(|to| to % (position + 1)).filter(|to| recipe.tables[*to].key != Key::None);
        if let Some(to) = foreign {
            let key_type = if recipe.tables[to].key == Key::Identity { "bigint" } else { "int" };
            elements.push(format!("other {key_type}"));
        }
        let unlogged = table.unlogged && !partitioned;
        let prefix = if unlogged { "create unlogged table" } else { "create table" };
        let mut sql = format!("{prefix} {sql_name} ({})", elements.join(", "));
        if partitioned {
            let _ = write!(sql, " partition by list ({})", quoted(&column_name(&table.columns[0], 0)));
        } else if table.fillfactor {
            sql.push_str(" with (fillfactor = 70)");
        }
        self.run(&sql);
        if partitioned {
            self.run(&format!("create table p{position} partition of {sql_name} default"));
        }
        // What happens to a column of a partitioned table happens to its partition too, and a view holds on to its columns.
        let viewed = recipe.views.iter().any(|view| view.table % recipe.tables.len() == position);
        if !partitioned {
            self.columns(table, &sql_name, &shown_name, viewed);
        }
        let changing = |what: &str| format!("alter table {sql_name} {what}");
        if let Some(to) = foreign {
            // An unlogged table may refer to logged ones only.
            let to_is_unlogged = recipe.tables[to].unlogged;
            if !to_is_unlogged || unlogged {
                let to = quoted(&table_name(recipe, to));
                self.run(&changing(&format!(
                    "add constraint \"To other\" foreign key (other) references {to} (id) on delete cascade"
                )));
                self.missing(
                    &changing("drop constraint \"To other\""),
                    &format!("constraint/{shown_name}.\"To other\""),
                );
            }
        }
        for (number, check) in table.checks.iter().enumerate() {
            let at = check % table.columns.len();
            let column = quoted(&column_name(&table.columns[at], at));
            let written = condition(sort_of(table, at), *check, &column);
            self.run(&changing(&format!("add constraint k{number} check ({written})")));
            let component = format!("constraint/{shown_name}.k{number}");
            self.missing(&changing(&format!("drop constraint k{number}")), &component);
            self.different(
                &format!(
                    "{}; {}",
                    changing(&format!("drop constraint k{number}")),
                    changing(&format!(
                        "add constraint k{number} check (({written}) and {column} is not null)"
                    ))
                ),
                &format!("{component}: expression"),
            );
        }
        for (number, index) in table.indexes.iter().enumerate() {
            self.index(table, index, number, position, &sql_name, partitioned);
        }
        if table.secured {
            self.run(&changing("enable row level security"));
            self.different(
                &changing("disable row level security"),
                &format!("table/{shown_name}: row security"),
            );
        }
        self.annotations(table, &sql_name, &shown_name, position, partitioned);
    }

    fn columns(&mut self, table: &TableRecipe, sql_name: &str, shown_name: &str, viewed: bool) {
        for (position, column) in table.columns.iter().enumerate() {
            let name = column_name(column, position);
            let component = format!("column/{shown_name}.{}", shown(&name));
            let alter = |what: &str| format!("alter table {sql_name} alter column {} {what}", quoted(&name));
            let sort = sort_of(table, position);
            if column.default.is_some() {
                self.different(&alter("drop default"), &format!("{component}: default"));
            } else if let Some(default) = sort.defaults.first() {
                self.different(&alter(&format!("set default {default}")), &format!("{component}: default"));
            }
            let turn = if column.not_null { "drop" } else { "set" };
            self.different(&alter(&format!("{turn} not null")), &format!("{component}: not null"));
            let holds = |index: &IndexRecipe| {
                let at = index.column % table.columns.len();
                at == position || index.include && at != 0 && position == 0
            };
            let used = table.indexes.iter().any(holds)
                || table.checks.iter().any(|check| check % table.columns.len() == position)
                || table.policies.iter().any(|policy| policy % table.columns.len() == position)
                || column.unique
                || column.check.is_some()
                || column.default.is_some()
                || column.commented
                || table.statistics && position < 2;
            if !used && !viewed {
                self.missing(
                    &format!("alter table {sql_name} drop column {} cascade", quoted(&name)),
                    &component,
                );
                let using = format!("type {} using null", sort.other);
                self.different(&alter(&using), &format!("{component}: type"));
            }
            if column.commented {
                self.run(&format!("comment on column {sql_name}.{} is 'Says ''{position}'''", quoted(&name)));
                self.different(
                    &format!("comment on column {sql_name}.{} is 'Else'", quoted(&name)),
                    &format!("comment/{component}: "),
                );
            }
        }
    }

    fn index(
        &mut self,
        table: &TableRecipe,
        index: &IndexRecipe,
        number: usize,
        position: usize,
        sql_name: &str,
        partitioned: bool,
    ) {
        let at = index.column % table.columns.len();
        let sort = sort_of(table, at);
        if !sort.btree {
            return;
        }
        let column = quoted(&column_name(&table.columns[at], at));
        let unique = if index.unique && !partitioned { "unique " } else { "" };
        let immutable = ["int", "text", "varchar(20)", "numeric(8, 2)"].contains(&sort.name);
        let key = match (index.expression && immutable, index.descending) {
            (true, _) if sort.name.starts_with(['t', 'v']) => format!("lower({column})"),
            (true, _) => format!("({column} + 1)"),
            (false, true) => format!("{column} desc nulls last"),
            (false, false) => column.clone(),
        };
        let name = format!("i{position}_{number}");
        let name_words = if index.named { format!("{name} ") } else { String::new() };
        let include = if index.include && at != 0 {
            format!(" include ({})", quoted(&column_name(&table.columns[0], 0)))
        } else {
            String::new()
        };
        let partial = index.partial.map(|number| format!(" where {column} is not null and {number} > 0"));
        let sql = |name: &str, partial: &str| {
            format!("create {unique}index {name}on {sql_name} ({key}){include}{partial}")
        };
        self.run(&sql(&name_words, partial.as_deref().unwrap_or_default()));
        if index.named {
            let component = format!("index/public.{name}");
            self.missing(&format!("drop index {name}"), &component);
            if partial.is_some() {
                self.different(
                    &format!("drop index {name}; {}", sql(&name_words, &format!(" where {column} is null"))),
                    &format!("{component}: predicate"),
                );
            }
            self.different(
                &format!("drop index {name}; create index {name} on {sql_name} ((1))"),
                &format!("{component}: "),
            );
        }
    }

    /// Policies, triggers, comments, grants, statistics and rules.
    fn annotations(
        &mut self,
        table: &TableRecipe,
        sql_name: &str,
        shown_name: &str,
        position: usize,
        partitioned: bool,
    ) {
        for (number, policy) in table.policies.iter().enumerate() {
            let at = policy % table.columns.len();
            let column = quoted(&column_name(&table.columns[at], at));
            let using = condition(sort_of(table, at), *policy, &column);
            self.run(&format!("create policy \"P {number}\" on {sql_name} for select using ({using})"));
            let component = format!("policy/{shown_name}.\"P {number}\"");
            self.missing(&format!("drop policy \"P {number}\" on {sql_name}"), &component);
            // The contrary: more in an OR would say nothing new where the condition is always true.
            self.different(
                &format!("alter policy \"P {number}\" on {sql_name} using (not ({using}))"),
                &format!("{component}: using"),
            );
        }
        for (number, trigger) in table.triggers.iter().enumerate() {
            // PostgreSQL 12 takes no whole row in the condition of a trigger on a partitioned table.
            let when =
                if partitioned || trigger % 2 == 0 { "" } else { " when (new.* is distinct from old.*)" };
            self.run(&format!(
                "create trigger g{number} after update on {sql_name} for each row{when} execute function stamp()"
            ));
            let component = format!("trigger/{shown_name}.g{number}");
            self.missing(&format!("drop trigger g{number} on {sql_name}"), &component);
            if !partitioned {
                self.different(
                    &format!("alter table {sql_name} disable trigger g{number}"),
                    &format!("{component}: enabled"),
                );
            }
        }
        if table.commented {
            self.run(&format!("comment on table {sql_name} is 'A table'"));
            self.different(
                &format!("comment on table {sql_name} is 'The table'"),
                &format!("comment/table/{shown_name}: "),
            );
        }
        if table.granted {
            self.run(&format!("grant select, update on {sql_name} to any_schema_role"));
            self.different(
                &format!("revoke update on {sql_name} from any_schema_role"),
                &format!("grant/table/{shown_name} to any_schema_role: "),
            );
        }
        if table.statistics && table.columns.len() > 1 && (0..2).all(|at| sort_of(table, at).btree) {
            let columns: Vec<String> =
                (0..2).map(|at| quoted(&column_name(&table.columns[at], at))).collect();
            self.run(&format!(
                "create statistics st{position} (ndistinct) on {} from {sql_name}",
                columns.join(", ")
            ));
            self.missing(
                &format!("drop statistics st{position}"),
                &format!("statistics/public.st{position}"),
            );
        }
        if table.rule {
            self.run(&format!("create rule \"R\" as on delete to {sql_name} do also select 1"));
            self.missing(&format!("drop rule \"R\" on {sql_name}"), &format!("rule/{shown_name}.\"R\""));
        }
    }

    fn function(&mut self, function: &FunctionRecipe, position: usize) {
        let name = format!("f{position}");
        let types: Vec<&str> = function.arguments.iter().map(|sort| pick(SORTS, *sort).name).collect();
        let arguments: Vec<String> =
            types.iter().enumerate().map(|(number, sort)| format!("a{number} {sort}")).collect();
        let volatility = pick(&["volatile", "stable", "immutable"], function.volatility);
        let strict = if function.strict { " strict" } else { "" };
        let definer = if function.definer { " security definer" } else { "" };
        let head = |body: &str| {
            let returns = pick(&["int", "setof text", "void", "table (x int, y text)"], function.form);
            format!(
                "create or replace function {name}({}) returns {returns} language plpgsql {volatility}{strict}{definer} \
                 as $$begin {body} return; end$$",
                arguments.join(", ")
            )
        };
        // A function that returns a value must say one.
        let body = |more: &str| {
            if function.form.is_multiple_of(4) {
                format!("{more} if true then return 1; end if;")
            } else {
                more.to_owned()
            }
        };
        let valid = |sql: String| {
            if function.form.is_multiple_of(4) {
                sql.replace(" return; end$$", " return 2; end$$")
            } else {
                sql
            }
        };
        self.run(&valid(head(&body(""))));
        // In findings, types print as the server prints them.
        let component = format!("function/public.{name}(");
        self.changes
            .push(Change { sql: format!("drop function {name}"), finding: format!("Missing {component}") });
        self.changes.push(Change {
            sql: valid(head(&body("perform 1;"))),
            finding: format!("Different {component}...: body"),
        });
        if function.revoked {
            self.run(&format!("revoke execute on function {name} from public"));
            self.changes.push(Change {
                sql: format!("grant execute on function {name} to public"),
                finding: format!("Different grant/{component}..."),
            });
        }
    }

    fn view(&mut self, recipe: &Recipe, view: &ViewRecipe, position: usize) {
        let name = format!("v{position}");
        let at = view.table % recipe.tables.len();
        let table = &recipe.tables[at];
        let from = quoted(&table_name(recipe, at));
        let column = quoted(&column_name(&table.columns[0], 0));
        let body = match view.form % 5 {
            0 => format!("select {column} from {from}"),
            1 => format!("select t.{column} as x, count(*) as n from {from} t group by 1"),
            2 => format!("select * from {from} where {column} is not null"),
            3 => format!(
                "with w as (select {column} as x from {from}) select x from w union all select {column} from {from}"
            ),
            _ => format!(
                "select a.{column} as x, case when a.{column} is null then 1 else 2 end as y from {from} a \
                 left join {from} b on a.{column} is not distinct from b.{column} where exists (select from {from})"
            ),
        };
        let sort = sort_of(table, 0);
        // Without an equality operator there is no grouping.
        let groups = sort.btree;
        if !groups && matches!(view.form % 5, 1 | 4) {
            return;
        }
        let (words, kind) =
            if view.materialized { ("materialized view", "materialized_view") } else { ("view", "view") };
        self.run(&format!("create {words} {name} as {body}"));
        self.missing(&format!("drop {words} {name}"), &format!("{kind}/public.{name}"));
        if !view.materialized {
            self.different(
                &format!("create or replace view {name} as select * from ({body}) s where false"),
                &format!("view/public.{name}: definition"),
            );
        }
    }
}

/// The type of a column. What a table is partitioned by must be of a type with an order.
fn sort_of(table: &TableRecipe, at: usize) -> &'static Sort {
    let sort = pick(SORTS, table.columns[at].data_type);
    let divides = table.partitioned && table.key == Key::None && at == 0;
    if divides && !sort.btree { &SORTS[0] } else { sort }
}

fn column_element(column: &ColumnRecipe, sort: &Sort, position: usize, partitioned: bool) -> String {
    let name = quoted(&column_name(column, position));
    let mut text = format!("{name} {}", sort.name);
    if column.not_null {
        text.push_str(" not null");
    }
    if let Some(default) = column.default {
        let _ = write!(text, " default {}", pick(sort.defaults, default));
    }
    if column.unique && sort.btree && !partitioned {
        text.push_str(" unique");
    }
    if let Some(check) = column.check {
        let _ = write!(text, " check ({})", condition(sort, check, &name));
    }
    text
}
