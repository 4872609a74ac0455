//! DO: the SQL inside of a PL/pgSQL block.
//!
//! What runs for certain is read as if it stood outside. What runs under a condition on the catalog (`if not exists
//! (select from pg_type ...)`), or may find its work done (`exception when duplicate_object`), is kept with the
//! condition for the fold, which knows what is declared. What depends on anything else (rows, settings, errors of any
//! kind, computed strings) may have happened or not: what it touches is no longer known.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, Node};
use serde_json::Value;

use super::condition::COMPUTED;
use super::looks::only_looks;
use super::{Caught, Condition, Effect, Scope};
use crate::core::sql::parse;
use fact::{Fact, Facts};
use values::looped_over;

mod fact;
mod look_up;
mod values;

/// How many statements one block may come to when its loops are written out.
const MOST_STATEMENTS: usize = 5_000;

/// The effects of a DO statement.
#[must_use]
pub fn effects(statement: &protobuf::DoStmt, scope: &Scope) -> Vec<Effect> {
    let option = |name: &str| {
        statement.args.iter().find_map(|argument| match &argument.node {
            Some(NodeEnum::DefElem(option)) if option.defname == name => match &option.arg.as_deref()?.node {
                Some(NodeEnum::String(text)) => Some(text.sval.as_str()),
                _ => None,
            },
            _ => None,
        })
    };
    match option("language") {
        None | Some("plpgsql") => {}
        Some(language) => return vec![Effect::NotModelled(format!("DO in the language {language}"))],
    }
    match parse::parse_plpgsql(option("as").unwrap_or_default()) {
        Ok(function) => {
            let mut reader = Reader::new(&function, scope);
            reader.block(&function["action"]["PLpgSQL_stmt_block"])
        }
        Err(message) => vec![Effect::NotModelled(format!("DO ({message})"))],
    }
}

/// What is known of the variables when the block starts.
fn declared(function: &Value) -> Facts {
    let mut facts = Facts::default();
    let mut seen = std::collections::BTreeSet::new();
    for variable in list(&function["datums"]).iter().map(|datum| &datum["PLpgSQL_var"]) {
        let Some(name) = variable["refname"].as_str() else { continue };
        if !seen.insert(name) {
            // Two variables of one name, in blocks inside of each other.
            facts.set(name, None);
            continue;
        }
        if let Some(value) = query(&variable["default_val"]) {
            let constant = with_expression(value, |value| facts.constant(value)).flatten();
            facts.set(name, constant);
        }
    }
    facts
}

/// Reads the statements of a block in order.
struct Reader<'a> {
    scope: Scope,
    facts: Facts,
    /// Whether `FOUND` is true, by the last statement that sets it.
    found: Option<Condition>,
    /// How many statements were read.
    statements: usize,
    /// The variables by their numbers.
    datums: &'a [Value],
}

impl<'a> Reader<'a> {
    fn new(function: &'a Value, scope: &Scope) -> Self {
        Self {
            scope: scope.clone(),
            facts: declared(function),
            found: None,
            statements: 0,
            datums: list(&function["datums"]),
        }
    }

    /// Statements in a row. What follows one that may leave the block is as conditional as the leaving.
    fn body(&mut self, statements: &[Value]) -> Vec<Effect> {
        let mut effects = Vec::new();
        for (position, statement) in statements.iter().enumerate() {
            let rest = statements.get(position + 1..).unwrap_or_default();
            self.statements += 1;
            if self.statements > MOST_STATEMENTS {
                effects.push(not_modelled("DO with a loop of very many rounds"));
                break;
            }
            let Some((kind, fields)) = statement.as_object().and_then(|object| object.iter().next()) else {
                continue;
            };
            if raises(kind, fields) {
                // What came before it is undone.
                return Vec::new();
            }
            if always_leaves(statement) {
                break;
            }
            if kind == "PLpgSQL_stmt_if" && leaves(statement) {
                effects.extend(self.branches(fields, rest));
                break;
            }
            effects.extend(self.statement(kind, fields));
            if leaves(statement) && !rest.is_empty() {
                let rest = self.under(|reader| reader.body(rest));
                effects.extend(maybe(rest, "DO that may end before"));
                break;
            }
        }
        effects
    }

    fn statement(&mut self, kind: &str, fields: &Value) -> Vec<Effect> {
        match kind.strip_prefix("PLpgSQL_stmt_").unwrap_or(kind) {
            "block" => self.block(fields),
            "if" => self.branches(fields, &[]),
            "execsql" => self.sql(fields),
            "perform" => self.look(query(&fields["expr"]).unwrap_or_default()),
            "call" => query(&fields["expr"]).map(|sql| self.text(sql)).unwrap_or_default(),
            "dynexecute" => self.execute(fields),
            "assign" => {
                self.assign(fields);
                Vec::new()
            }
            "fori" | "foreach_a" | "fors" => self.counted(kind, fields),
            "loop" | "while" | "forc" | "dynfors" => self.rounds(fields),
            "case" => self.cases(fields),
            "rollback" => vec![not_modelled("ROLLBACK in DO")],
            "raise" | "commit" | "assert" | "getdiag" | "open" | "fetch" | "close" | "return_next"
            | "return_query" | "exit" | "set" => Vec::new(),
            other => vec![not_modelled(&format!("{} in DO", other.to_uppercase()))],
        }
    }

    /// Reads what runs under a condition: what it does to variables and to the search path is not certain afterwards.
    fn under(&mut self, read: impl FnOnce(&mut Self) -> Vec<Effect>) -> Vec<Effect> {
        let (scope, facts) = (self.scope.clone(), self.facts.clone());
        let mut effects = read(self);
        self.scope = scope;
        self.facts = facts;
        self.found = None;
        for effect in &mut effects {
            if matches!(effect, Effect::SetSearchPath(_)) {
                *effect = not_modelled("SET search_path under a condition");
            }
        }
        effects
    }

    fn block(&mut self, block: &Value) -> Vec<Effect> {
        let body = list(&block["body"]);
        let handlers = list(&block["exceptions"]["PLpgSQL_exception_block"]["exc_list"]);
        if handlers.is_empty() {
            return self.body(body);
        }
        let effects = self.under(|reader| reader.body(body));
        let mut caught = Caught::default();
        let mut handled = Vec::new();
        for handler in handlers.iter().map(|handler| &handler["PLpgSQL_exception"]) {
            for condition in list(&handler["conditions"]) {
                let name = condition["PLpgSQL_condition"]["condname"].as_str().unwrap_or_default();
                caught = caught.and(name, &effects);
            }
            let action = list(&handler["action"]);
            if !matches!(action.last(), Some(last) if ends_in_error(last)) {
                handled.extend(self.under(|reader| reader.body(action)));
            }
        }
        self.facts.forget_all();
        if handlers.iter().all(ends_in_error_of) {
            return effects;
        }
        if is_only_said(&effects) && is_only_said(&handled) {
            return effects.into_iter().chain(handled).collect();
        }
        vec![Effect::Attempt { effects, caught, handler: handled, reason: "DO that may fail".to_owned() }]
    }

    /// IF with all its branches; `rest` is what follows it, where a branch may leave.
    fn branches(&mut self, fields: &Value, rest: &[Value]) -> Vec<Effect> {
        let mut arms = vec![(query(&fields["cond"]), list(&fields["then_body"]))];
        for arm in list(&fields["elsif_list"]).iter().map(|arm| &arm["PLpgSQL_if_elsif"]) {
            arms.push((query(&arm["cond"]), list(&arm["stmts"])));
        }
        let otherwise = list(&fields["else_body"]);
        let all = || arms.iter().map(|(_, body)| *body).chain([otherwise]);
        // An arm that always leaves, or raises, has nothing after it; what one other arm alone goes on with is its own.
        let goes_on = all().filter(|body| !body.last().is_some_and(always_leaves)).count();
        let is_simple = goes_on <= 1
            && all().all(|body| {
                let before = body.len().saturating_sub(usize::from(body.last().is_some_and(always_leaves)));
                !body[..before].iter().any(leaves)
            });
        let conditions: Vec<Condition> = arms.iter().map(|(cond, _)| self.condition(*cond)).collect();
        let mut read = |body: &[Value]| {
            let goes_on = is_simple && !rest.is_empty() && !body.last().is_some_and(always_leaves);
            self.under(|reader| {
                let mut effects = reader.body(body);
                if goes_on {
                    reader.settle(&effects);
                    effects.extend(reader.body(rest));
                }
                effects
            })
        };
        let mut effects = read(otherwise);
        let bodies: Vec<Vec<Effect>> = arms.iter().map(|(_, body)| read(body)).collect();
        for (condition, then) in conditions.into_iter().zip(bodies).rev() {
            effects = branch(condition, then, effects);
        }
        self.settle(&effects);
        self.facts.forget_all();
        if !is_simple && !rest.is_empty() {
            let rest = self.under(|reader| reader.body(rest));
            effects.extend(maybe(rest, "DO that may end before"));
        }
        effects
    }

    fn cases(&mut self, fields: &Value) -> Vec<Effect> {
        let whens =
            list(&fields["case_when_list"]).iter().map(|when| list(&when["PLpgSQL_case_when"]["stmts"]));
        let bodies: Vec<_> = whens.chain([list(&fields["else_stmts"])]).collect();
        let effects = bodies.into_iter().flat_map(|body| self.under(|reader| reader.body(body))).collect();
        self.facts.forget_all();
        maybe(effects, "DO under a condition")
    }

    /// A loop of which nobody knows how many rounds it makes.
    fn rounds(&mut self, fields: &Value) -> Vec<Effect> {
        let body = list(&fields["body"]);
        forget_a_round(body, &mut self.facts);
        forget_variables(&fields["var"], &mut self.facts);
        let mut effects = self.under(|reader| reader.body(body));
        forget_a_round(body, &mut self.facts);
        forget_variables(&fields["var"], &mut self.facts);
        leave_out_rows(&mut effects);
        maybe(effects, "DO in a loop")
    }

    /// A loop over constants, round by round.
    fn counted(&mut self, kind: &str, fields: &Value) -> Vec<Effect> {
        let body = list(&fields["body"]);
        let rounds = looped_over(kind, fields, self.datums, &self.facts);
        let Some((variable, values)) = rounds.filter(|_| !body.iter().any(leaves)) else {
            return self.rounds(fields);
        };
        let mut start = std::mem::take(&mut self.facts);
        forget_a_round(body, &mut start);
        let mut effects = Vec::new();
        for value in values {
            self.facts = start.clone();
            self.facts.set(&variable, Some(Fact::Text(value)));
            effects.extend(self.body(body));
            if self.statements > MOST_STATEMENTS {
                break;
            }
        }
        self.facts.forget_all();
        effects
    }

    /// SQL that stands in the block as it is.
    fn sql(&mut self, fields: &Value) -> Vec<Effect> {
        let sql = query(&fields["sqlstmt"]).unwrap_or_default();
        if fields["into"].as_bool() != Some(true) {
            return self.text(sql);
        }
        let effects = self.look(sql);
        let targets = list(&fields["target"]["PLpgSQL_row"]["fields"]);
        let fact = with_select(sql, |select| self.facts.select(select, &self.scope)).flatten();
        for target in targets {
            let fact = fact.clone().filter(|_| targets.len() == 1);
            self.facts.set(target["name"].as_str().unwrap_or_default(), fact);
        }
        effects
    }

    /// PERFORM, or SELECT INTO variables: looks, unless it calls what may do anything.
    fn look(&mut self, sql: &str) -> Vec<Effect> {
        self.found =
            with_select(sql, |select| look_up::sought(select, &self.scope)).flatten().map(Condition::Exists);
        let only_looks = parse::parse(sql).is_ok_and(|tree| tree.stmts.iter().all(looks));
        if only_looks { Vec::new() } else { self.text(sql) }
    }

    /// The effects of SQL text.
    fn text(&mut self, sql: &str) -> Vec<Effect> {
        let tree = match parse::parse(sql) {
            Ok(tree) => tree,
            Err(message) => {
                return vec![not_modelled(&format!("DO with SQL that cannot be read ({message})"))];
            }
        };
        let mut effects = Vec::new();
        for raw in &tree.stmts {
            let Some(node) = &raw.stmt else { continue };
            let of_one = super::effects(node, &self.scope);
            self.scope.follow(node, &of_one);
            effects.extend(of_one);
        }
        self.settle(&effects);
        effects
    }

    /// EXECUTE. Of a string that is computed, what is constant may still say what it touches.
    fn execute(&mut self, fields: &Value) -> Vec<Effect> {
        let expression = query(&fields["query"]).unwrap_or_default();
        let text = with_expression(expression, |expression| self.facts.text(expression));
        let into = fields["into"].as_bool() == Some(true);
        match text {
            Some(text) if text.is_constant && !into => self.text(&text.text),
            Some(text) if text.is_constant => self.look(&text.text),
            Some(text) if text.text != COMPUTED && parse::parse(&text.text).is_ok() => {
                let effects = self.under(|reader| reader.text(&text.text));
                let said = effects.iter().any(|effect| matches!(effect, Effect::NotModelled(_)));
                let mut effects = maybe(effects, "EXECUTE of a computed string in DO");
                if !said {
                    effects.push(not_modelled("EXECUTE of a computed string in DO"));
                }
                effects
            }
            text => {
                let words = "EXECUTE of a computed string in DO";
                let text = text.map(|text| text.text).filter(|text| text != COMPUTED);
                let may_change = text.map(|text| Effect::MayChange { text, reason: words.to_owned() });
                may_change.into_iter().chain([not_modelled(words)]).collect()
            }
        }
    }

    fn assign(&mut self, fields: &Value) {
        let Some((variable, value)) = query(&fields["expr"]).and_then(|text| {
            let (variable, value) = text.split_once(":=").or_else(|| text.split_once('='))?;
            Some((variable.trim().to_ascii_lowercase(), value))
        }) else {
            return self.facts.forget_all();
        };
        let fact = with_expression(value, |value| self.facts.fact(value, &self.scope)).flatten();
        self.facts.set(&variable, fact);
    }

    /// The condition of an IF.
    fn condition(&self, text: Option<&str>) -> Condition {
        let Some(text) = text else { return Condition::Unknown };
        let mut facts = self.facts.clone();
        facts.set("found", self.found.clone().map(Fact::Truth));
        with_expression(text, |expression| facts.condition(expression, &self.scope))
            .unwrap_or(Condition::Unknown)
    }

    /// After a statement that changed the catalog, what was looked up before may no longer hold.
    fn settle(&mut self, effects: &[Effect]) {
        if !is_only_said(effects) {
            self.facts.forget_conditions();
            self.found = None;
        }
    }
}

impl Caught {
    /// Adds an error, by the name that PL/pgSQL has for it (`errcodes.txt` of PostgreSQL).
    fn and(self, name: &str, effects: &[Effect]) -> Self {
        match name {
            "duplicate_object" | "duplicate_table" | "duplicate_column" | "duplicate_schema"
            | "duplicate_function" | "duplicate_database" | "duplicate_alias" => {
                Self { duplicates: true, ..self }
            }
            // Two sessions that make the same at once; but rows that are there may forbid a key.
            "unique_violation" if !effects.iter().any(checks_rows) => Self { duplicates: true, ..self },
            "undefined_object"
            | "undefined_table"
            | "undefined_column"
            | "undefined_function"
            | "invalid_schema_name" => Self { missing: true, ..self },
            // The label that is to be renamed (`RenameEnumLabel` in `pg_enum.c`).
            "invalid_parameter_value" if effects.iter().all(renames_label) => Self { missing: true, ..self },
            _ => Self { other: true, ..self },
        }
    }
}

fn renames_label(effect: &Effect) -> bool {
    matches!(effect, Effect::RenameEnumLabel { .. } | Effect::NotModelled(_))
}

fn checks_rows(effect: &Effect) -> bool {
    match effect {
        Effect::CreateIndex { .. } | Effect::AddConstraint { .. } | Effect::ConstraintFromIndex { .. } => {
            true
        }
        Effect::CreateWith { id, parts, .. } => {
            id.kind == crate::core::kind::Kind::Column && parts.iter().any(checks_rows)
        }
        _ => false,
    }
}

/// Leaves out the rows that are inserted in every round of a loop: like those of INSERT ... SELECT, they are known to the
/// database alone, and where there was no round, nobody misses them.
fn leave_out_rows(effects: &mut [Effect]) {
    for effect in effects {
        match effect {
            Effect::InsertRows { relation, .. } => {
                *effect = not_modelled(&format!("INSERT in a loop into {relation}"));
            }
            Effect::If { then, otherwise, .. } => {
                leave_out_rows(then);
                leave_out_rows(otherwise);
            }
            Effect::Attempt { effects, handler, .. } => {
                leave_out_rows(effects);
                leave_out_rows(handler);
            }
            _ => {}
        }
    }
}

/// What may have happened or not.
fn maybe(effects: Vec<Effect>, reason: &str) -> Vec<Effect> {
    if is_only_said(&effects) {
        return effects;
    }
    vec![Effect::If {
        condition: Condition::Unknown,
        then: effects,
        otherwise: Vec::new(),
        reason: reason.to_owned(),
    }]
}

fn branch(condition: Condition, then: Vec<Effect>, otherwise: Vec<Effect>) -> Vec<Effect> {
    if is_only_said(&then) && is_only_said(&otherwise) {
        return then.into_iter().chain(otherwise).collect();
    }
    vec![Effect::If { condition, then, otherwise, reason: "DO under a condition".to_owned() }]
}

fn is_only_said(effects: &[Effect]) -> bool {
    effects.iter().all(|effect| matches!(effect, Effect::NotModelled(_) | Effect::SetLaterSearchPath { .. }))
}

fn not_modelled(words: &str) -> Effect {
    Effect::NotModelled(words.to_owned())
}

/// The level of RAISE from which on it ends the block (`ERROR` in PostgreSQL's `elog.h`).
const ERROR: i64 = 21;

fn raises(kind: &str, fields: &Value) -> bool {
    kind == "PLpgSQL_stmt_raise" && fields["elog_level"].as_i64() == Some(ERROR)
}

fn ends_in_error(statement: &Value) -> bool {
    raises("PLpgSQL_stmt_raise", &statement["PLpgSQL_stmt_raise"])
}

fn ends_in_error_of(handler: &Value) -> bool {
    list(&handler["PLpgSQL_exception"]["action"]).last().is_some_and(ends_in_error)
}

/// Whether nothing runs after this statement: it leaves, or fails, for certain. A block that fails as a whole did
/// nothing, and the file that holds it did not go on.
fn always_leaves(statement: &Value) -> bool {
    statement.get("PLpgSQL_stmt_return").is_some()
        || statement.get("PLpgSQL_stmt_exit").is_some_and(|exit| exit["cond"].is_null())
        || ends_in_error(statement)
}

/// Whether a statement holds a RETURN, or an EXIT or CONTINUE that is about more than a loop of its own.
fn leaves(statement: &Value) -> bool {
    const LOOPS: [&str; 7] = ["loop", "while", "fors", "forc", "fori", "foreach_a", "dynfors"];
    fn leaves(value: &Value, in_loop: bool) -> bool {
        match value {
            Value::Object(fields) => {
                fields.iter().any(|(name, value)| match name.strip_prefix("PLpgSQL_stmt_") {
                    Some("return") => true,
                    Some("exit") => !in_loop || !value["label"].is_null(),
                    Some(own) => leaves(value, in_loop || LOOPS.contains(&own)),
                    None => leaves(value, in_loop),
                })
            }
            Value::Array(items) => items.iter().any(|item| leaves(item, in_loop)),
            _ => false,
        }
    }
    leaves(statement, false)
}

/// Whether a variable may get a value in these statements.
fn assigns(statements: &[Value]) -> bool {
    fn assigns(value: &Value) -> bool {
        match value {
            Value::Object(fields) => fields.iter().any(|(name, value)| {
                let gives = ["PLpgSQL_stmt_assign", "PLpgSQL_stmt_getdiag", "into", "target", "var"];
                gives.contains(&name.as_str()) || assigns(value)
            }),
            Value::Array(items) => items.iter().any(assigns),
            _ => false,
        }
    }
    statements.iter().any(assigns)
}

/// Forgets what a round of a loop may change. What one leaves in a variable for the next one is not followed.
fn forget_a_round(body: &[Value], facts: &mut Facts) {
    facts.forget_conditions();
    if assigns(body) {
        facts.forget_all();
    }
}

/// Forgets what a loop gives to its variables.
fn forget_variables(variables: &Value, facts: &mut Facts) {
    for variable in variables.as_object().into_iter().flat_map(|object| object.values()) {
        for name in list(&variable["fields"]).iter().map(|field| &field["name"]).chain([&variable["refname"]])
        {
            facts.set(name.as_str().unwrap_or_default(), None);
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The text of an expression or a statement.
fn query(value: &Value) -> Option<&str> {
    value["PLpgSQL_expr"]["query"].as_str()
}

/// Parses an expression and hands its tree over.
fn with_expression<T>(text: &str, read: impl FnOnce(&Node) -> T) -> Option<T> {
    with_select(&format!("select {text}"), |select| {
        let [target] = select.target_list.as_slice() else { return None };
        match &target.node {
            Some(NodeEnum::ResTarget(target)) if select.from_clause.is_empty() => {
                target.val.as_deref().map(read)
            }
            _ => None,
        }
    })
    .flatten()
}

/// Whether a statement does nothing but look.
fn looks(statement: &protobuf::RawStmt) -> bool {
    statement.stmt.as_ref().and_then(|node| node.node.as_ref()).is_none_or(only_looks)
}

/// Parses one SELECT and hands its tree over.
fn with_select<T>(text: &str, read: impl FnOnce(&protobuf::SelectStmt) -> T) -> Option<T> {
    let tree = parse::parse(text).ok()?;
    let [statement] = tree.stmts.as_slice() else { return None };
    match statement.stmt.as_ref()?.node.as_ref()? {
        NodeEnum::SelectStmt(select) => Some(read(select)),
        _ => None,
    }
}
