//! Queries of system catalogs inside conditions: which component do they look for?
//!
//! Only what a query says in the simplest forms is believed: names that equal constants, joined by AND, over catalogs
//! that are known here. Whatever else a query asks makes its answer uncertain, never wrong.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, AExprKind, BoolExprType, Node};

use crate::core::name::Identifier;
use crate::core::sql::effect::{Scope, Sought};
use crate::core::sql::parse;

/// A catalog by its names, the kinds of what it lists, and the columns that hold their own names.
struct Listing {
    catalogs: &'static [&'static str],
    kinds: &'static [&'static str],
    names: &'static [&'static str],
}

const RELATIONS: &[&str] = &["table", "view", "materialized_view", "sequence", "index", "foreign_table"];

/// Most special first: where several are joined, the first one is what the query is about.
const LISTINGS: &[Listing] = &[
    Listing { catalogs: &["pg_enum"], kinds: &["type"], names: &["typname"] },
    Listing {
        catalogs: &["pg_attribute", "columns"],
        kinds: &["column"],
        names: &["attname", "column_name"],
    },
    Listing {
        catalogs: &[
            "pg_constraint",
            "table_constraints",
            "constraint_column_usage",
            "key_column_usage",
            "referential_constraints",
            "check_constraints",
        ],
        kinds: &["constraint"],
        names: &["conname", "constraint_name"],
    },
    Listing {
        catalogs: &["pg_trigger", "triggers"],
        kinds: &["trigger"],
        names: &["tgname", "trigger_name"],
    },
    Listing {
        catalogs: &["pg_policy", "pg_policies"],
        kinds: &["policy"],
        names: &["polname", "policyname"],
    },
    Listing { catalogs: &["pg_rules", "pg_rewrite"], kinds: &["rule"], names: &["rulename"] },
    Listing { catalogs: &["pg_indexes"], kinds: &["index"], names: &["indexname"] },
    Listing {
        catalogs: &["pg_proc", "routines"],
        kinds: &["function", "aggregate"],
        names: &["proname", "routine_name"],
    },
    Listing { catalogs: &["pg_event_trigger"], kinds: &["event_trigger"], names: &["evtname"] },
    Listing { catalogs: &["pg_publication"], kinds: &["publication"], names: &["pubname"] },
    Listing { catalogs: &["pg_extension"], kinds: &["extension"], names: &["extname"] },
    Listing { catalogs: &["domains"], kinds: &["type"], names: &["domain_name"] },
    Listing { catalogs: &["user_defined_types"], kinds: &["type"], names: &["user_defined_type_name"] },
    // A table has a type of its name too.
    Listing {
        catalogs: &["pg_type"],
        kinds: &["type", "table", "view", "materialized_view", "foreign_table"],
        names: &["typname"],
    },
    Listing { catalogs: &["tables"], kinds: &["table", "view", "foreign_table"], names: &["table_name"] },
    Listing { catalogs: &["pg_tables"], kinds: &["table"], names: &["tablename"] },
    Listing { catalogs: &["views"], kinds: &["view"], names: &["table_name"] },
    Listing { catalogs: &["pg_views"], kinds: &["view"], names: &["viewname"] },
    Listing { catalogs: &["pg_matviews"], kinds: &["materialized_view"], names: &["matviewname"] },
    Listing {
        catalogs: &["sequences", "pg_sequences"],
        kinds: &["sequence"],
        names: &["sequence_name", "sequencename"],
    },
    Listing { catalogs: &["pg_class"], kinds: RELATIONS, names: &["relname"] },
    Listing {
        catalogs: &["pg_namespace", "schemata"],
        kinds: &["schema"],
        names: &["nspname", "schema_name"],
    },
    Listing {
        catalogs: &["pg_roles", "pg_authid", "pg_user"],
        kinds: &["role"],
        names: &["rolname", "usename"],
    },
];

const SCHEMAS: &[&str] = &[
    "nspname",
    "table_schema",
    "schemaname",
    "trigger_schema",
    "event_object_schema",
    "constraint_schema",
    "routine_schema",
    "specific_schema",
    "domain_schema",
    "sequence_schema",
    "user_defined_type_schema",
    "typnamespace",
    "relnamespace",
    "pronamespace",
    "connamespace",
];

/// The schemas of PostgreSQL itself: nothing that is declared is in them.
const SYSTEM_SCHEMAS: &[&str] = &["information_schema", "pg_catalog", "pg_toast"];

const TABLES: &[&str] = &["relname", "table_name", "tablename", "event_object_table"];

/// The tables of what hangs on them, by their oids.
const TABLE_OIDS: &[&str] = &["attrelid", "conrelid", "tgrelid", "polrelid", "ev_class"];

/// What a `regclass` names in the catalog.
struct Named {
    schema: Option<Identifier>,
    name: Identifier,
}

/// What a query of the catalogs looks for; `None` where that cannot be told.
pub(super) fn sought(select: &protobuf::SelectStmt, scope: &Scope) -> Option<Sought> {
    let is_plain = select.larg.is_none()
        && select.with_clause.is_none()
        && select.group_clause.is_empty()
        && select.having_clause.is_none()
        && select.limit_offset.is_none();
    if !is_plain || select.from_clause.is_empty() {
        return None;
    }
    let mut look_up = LookUp::new(scope);
    for item in &select.from_clause {
        look_up.from(item)?;
    }
    look_up.choose()?;
    let tests = std::mem::take(&mut look_up.tests);
    for test in tests.into_iter().chain(select.where_clause.as_deref()) {
        look_up.test(test);
    }
    look_up.finish()
}

/// A query while it is read.
struct LookUp<'a> {
    scope: &'a Scope,
    catalogs: Vec<&'a str>,
    /// The conditions of its joins.
    tests: Vec<&'a Node>,
    listing: Option<&'static Listing>,
    kinds: Vec<&'static str>,
    schema: Option<Identifier>,
    relation: Option<Identifier>,
    name: Option<Identifier>,
    label: Option<String>,
    more: bool,
    /// Whether two tests of one part contradict each other, or the name is no constant.
    is_odd: bool,
}

impl<'a> LookUp<'a> {
    const fn new(scope: &'a Scope) -> Self {
        Self {
            scope,
            catalogs: Vec::new(),
            tests: Vec::new(),
            listing: None,
            kinds: Vec::new(),
            schema: None,
            relation: None,
            name: None,
            label: None,
            more: false,
            is_odd: false,
        }
    }

    fn from(&mut self, item: &'a Node) -> Option<()> {
        match item.node.as_ref()? {
            NodeEnum::RangeVar(range_var) => {
                let is_known = LISTINGS.iter().any(|listing| listing.catalogs.contains(&&*range_var.relname));
                let in_place = match range_var.schemaname.as_str() {
                    "information_schema" => !range_var.relname.starts_with("pg_"),
                    "" | "pg_catalog" => range_var.relname.starts_with("pg_"),
                    _ => false,
                };
                (is_known && in_place).then(|| self.catalogs.push(&range_var.relname))
            }
            NodeEnum::JoinExpr(join) if join.jointype() == protobuf::JoinType::JoinInner => {
                self.tests.extend(join.quals.as_deref());
                self.from(join.larg.as_deref()?)?;
                self.from(join.rarg.as_deref()?)
            }
            _ => None,
        }
    }

    fn choose(&mut self) -> Option<()> {
        let listing = LISTINGS
            .iter()
            .find(|listing| listing.catalogs.iter().any(|catalog| self.catalogs.contains(catalog)))?;
        self.listing = Some(listing);
        self.kinds = listing.kinds.to_vec();
        Some(())
    }

    /// Takes in one test of the query. What is not understood asks for more than the name.
    fn test(&mut self, test: &Node) {
        if self.understood(test).is_none() {
            self.more = true;
        }
    }

    fn understood(&mut self, test: &Node) -> Option<()> {
        match test.node.as_ref()? {
            NodeEnum::BoolExpr(all) if all.boolop() == BoolExprType::AndExpr => {
                for test in &all.args {
                    self.test(test);
                }
                Some(())
            }
            NodeEnum::BoolExpr(not) if not.boolop() == BoolExprType::NotExpr => {
                let column = column(not.args.first()?)?;
                matches!(column, "attisdropped" | "tgisinternal" | "typisdefined").then_some(())
            }
            NodeEnum::FuncCall(call) if parse::strings(&call.funcname).last()?.ends_with("_is_visible") => {
                self.in_schema(self.scope.default_schema.clone());
                Some(())
            }
            NodeEnum::AExpr(expression) => self.comparison(expression),
            _ => None,
        }
    }

    fn comparison(&mut self, expression: &protobuf::AExpr) -> Option<()> {
        let operator = parse::strings(&expression.name).last().copied()?;
        let (left, right) = (expression.lexpr.as_deref()?, expression.rexpr.as_deref()?);
        if let (Some("attnum"), ">", Some(Some(zero))) = (column(left), operator, parse::constant(right)) {
            return (zero == "0").then_some(());
        }
        match (expression.kind(), operator) {
            (AExprKind::AexprOp, "=") => match (column(left), column(right)) {
                (Some(_), Some(_)) => Some(()),
                (Some(column), None) => self.equals(column, right),
                (None, Some(column)) => self.equals(column, left),
                (None, None) => None,
            },
            (AExprKind::AexprOp, "<>") => {
                let is_system = SYSTEM_SCHEMAS.contains(&&*parse::constant(right)??);
                (SCHEMAS.contains(&column(left)?) && is_system).then_some(())
            }
            (AExprKind::AexprIn, "<>") => {
                let NodeEnum::List(list) = right.node.as_ref()? else { return None };
                let is_system = |value: &Node| {
                    parse::constant(value).flatten().is_some_and(|value| SYSTEM_SCHEMAS.contains(&&*value))
                };
                (SCHEMAS.contains(&column(left)?) && list.items.iter().all(is_system)).then_some(())
            }
            (AExprKind::AexprIn, "=") => self.one_of(column(left)?, right),
            (AExprKind::AexprOpAny, "=") => {
                let NodeEnum::FuncCall(call) = right.node.as_ref()? else { return None };
                (parse::strings(&call.funcname).last() == Some(&"current_schemas")).then_some(())?;
                self.equals_current_schema(column(left)?)
            }
            _ => None,
        }
    }

    fn equals_current_schema(&mut self, column: &str) -> Option<()> {
        SCHEMAS.contains(&column).then(|| self.in_schema(self.scope.default_schema.clone()))
    }

    /// `column IN ('a', 'b')`: of names, one of several is not known; kinds of relations add up.
    fn one_of(&mut self, column: &str, list: &Node) -> Option<()> {
        let NodeEnum::List(list) = list.node.as_ref()? else { return None };
        let values: Option<Vec<String>> =
            list.items.iter().map(|value| parse::constant(value).flatten()).collect();
        let values = values?;
        match (column, values.as_slice()) {
            ("relkind", _) => self.of_kinds(&values),
            (_, [value]) => self.is(column, value),
            _ => None,
        }
    }

    fn of_kinds(&mut self, letters: &[String]) -> Option<()> {
        let kinds: Option<Vec<_>> = letters
            .iter()
            .map(|letter| match letter.as_str() {
                "r" | "p" => Some("table"),
                "v" => Some("view"),
                "m" => Some("materialized_view"),
                "S" => Some("sequence"),
                "i" | "I" => Some("index"),
                "f" => Some("foreign_table"),
                _ => None,
            })
            .collect();
        let kinds = kinds?;
        if self.listing?.kinds == RELATIONS {
            // An ordinary table is told from a partitioned one by more than its kind.
            let is_partial = kinds.contains(&"table") && letters.iter().all(|letter| letter != "p");
            let is_exact = !is_partial || letters.iter().any(|letter| letter == "r");
            self.kinds.retain(|kind| kinds.contains(kind));
            return is_exact.then_some(());
        }
        None
    }

    fn equals(&mut self, column: &str, value: &Node) -> Option<()> {
        if let Some(value) = parse::constant(value) {
            return match registered(column, value.as_deref()?, self.scope) {
                Some(named) => self.oid(column, named),
                None => self.is(column, &value?),
            };
        }
        match value.node.as_ref()? {
            NodeEnum::FuncCall(call) => match (parse::strings(&call.funcname).last().copied()?, column) {
                ("current_schema", column) => self.equals_current_schema(column),
                ("current_database", column) => column.ends_with("_catalog").then_some(()),
                ("to_regclass" | "to_regtype", column) => {
                    let text = parse::constant(call.args.first()?)??;
                    self.oid(column, named(&text, self.scope)?)
                }
                _ => None,
            },
            NodeEnum::SqlvalueFunction(function)
                if function.op() == protobuf::SqlValueFunctionOp::SvfopCurrentSchema =>
            {
                self.equals_current_schema(column)
            }
            NodeEnum::SqlvalueFunction(_) => column.ends_with("_catalog").then_some(()),
            NodeEnum::SubLink(link) => {
                let NodeEnum::SelectStmt(select) = link.subselect.as_deref()?.node.as_ref()? else {
                    return None;
                };
                let inner =
                    sought(select, self.scope).filter(|inner| !inner.more && inner.label.is_none())?;
                self.oid(column, Named { schema: inner.schema, name: inner.name })
            }
            _ => None,
        }
    }

    /// A column that holds the oid of another object equals that of this one.
    fn oid(&mut self, column: &str, named: Named) -> Option<()> {
        if TABLE_OIDS.contains(&column) {
            if let Some(schema) = named.schema {
                self.in_schema(schema);
            }
            return self.on(named.name);
        }
        if SCHEMAS.contains(&column) {
            self.in_schema(named.name);
            return Some(());
        }
        let is_own = matches!(column, "oid" | "enumtypid");
        is_own.then_some(())?;
        if let Some(schema) = named.schema {
            self.in_schema(schema);
        }
        self.called(named.name);
        Some(())
    }

    fn is(&mut self, column: &str, value: &str) -> Option<()> {
        let listing = self.listing?;
        let name = Identifier::new(value);
        if listing.names.contains(&column) {
            self.called(name);
            return Some(());
        }
        if SCHEMAS.contains(&column) {
            self.in_schema(name);
            return Some(());
        }
        match column {
            "enumlabel" => {
                self.is_odd |= self.label.is_some();
                self.label = Some(value.to_owned());
                Some(())
            }
            "relkind" => self.of_kinds(&[value.to_owned()]),
            "table_type" if value == "BASE TABLE" => {
                self.kinds.retain(|kind| *kind == "table");
                Some(())
            }
            "table_type" if value == "VIEW" => {
                self.kinds.retain(|kind| *kind == "view");
                Some(())
            }
            _ if TABLES.contains(&column) => self.on(name),
            _ => None,
        }
    }

    fn called(&mut self, name: Identifier) {
        self.is_odd |= self.name.as_ref().is_some_and(|other| *other != name);
        self.name = Some(name);
    }

    fn on(&mut self, name: Identifier) -> Option<()> {
        let hangs = ["column", "constraint", "trigger", "policy", "rule"];
        if !self.kinds.iter().any(|kind| hangs.contains(kind)) {
            // No two indexes of a schema have one name, so that the table of one says nothing new.
            return (self.kinds == ["index"]).then_some(());
        }
        self.is_odd |= self.relation.as_ref().is_some_and(|other| *other != name);
        self.relation = Some(name);
        Some(())
    }

    fn in_schema(&mut self, schema: Identifier) {
        if self.kinds == ["schema"] {
            self.is_odd |= self.name.as_ref().is_some_and(|other| *other != schema);
            self.name = Some(schema);
            return;
        }
        self.is_odd |= self.schema.as_ref().is_some_and(|other| *other != schema);
        self.schema = Some(schema);
    }

    fn finish(self) -> Option<Sought> {
        let label_is_missing = self.catalogs.contains(&"pg_enum") && self.label.is_none();
        let Self { kinds, schema, relation, name, label, more, is_odd, .. } = self;
        if is_odd || kinds.is_empty() {
            return None;
        }
        Some(Sought { kinds, schema, relation, name: name?, label, more: more || label_is_missing })
    }
}

/// What `to_regclass('name')` and its like look for; `None` for other functions.
pub(super) fn registered_name(call: &protobuf::FuncCall, scope: &Scope) -> Option<Sought> {
    let kinds = match parse::strings(&call.funcname).last().copied()? {
        "to_regclass" => RELATIONS.to_vec(),
        "to_regtype" => vec!["type", "table", "view", "materialized_view", "foreign_table"],
        "to_regnamespace" => vec!["schema"],
        "to_regrole" => vec!["role"],
        _ => return None,
    };
    let [argument] = call.args.as_slice() else { return None };
    let text = parse::constant(argument)??;
    let Named { schema, name } = named(&text, scope)?;
    let schema = schema.filter(|_| kinds != ["schema"] && kinds != ["role"]);
    Some(Sought { kinds, schema, relation: None, name, label: None, more: false })
}

/// The object that a constant cast to `regclass` and its like means; a plain constant is none.
fn registered(column: &str, text: &str, scope: &Scope) -> Option<Named> {
    let is_oid = TABLE_OIDS.contains(&column)
        || matches!(column, "oid" | "enumtypid")
        || (column.ends_with("namespace") && SCHEMAS.contains(&column));
    if is_oid { named(text, scope) } else { None }
}

/// A name as `regclass` reads it: folded, quoted where it says so, with or without a schema. Without one, it is looked
/// for in the default schema.
fn named(text: &str, scope: &Scope) -> Option<Named> {
    let tree = parse::parse(&format!("drop table {text}")).ok()?;
    let [statement] = tree.stmts.as_slice() else { return None };
    let NodeEnum::DropStmt(drop) = statement.stmt.as_ref()?.node.as_ref()? else { return None };
    let [object] = drop.objects.as_slice() else { return None };
    let NodeEnum::List(names) = object.node.as_ref()? else { return None };
    match parse::strings(&names.items).as_slice() {
        [name] => Some(Named { schema: Some(scope.default_schema.clone()), name: Identifier::new(name) }),
        [schema, name] => Some(Named { schema: Some(Identifier::new(schema)), name: Identifier::new(name) }),
        _ => None,
    }
}

/// The name of a column, without the alias of its catalog.
fn column(node: &Node) -> Option<&str> {
    match node.node.as_ref()? {
        NodeEnum::ColumnRef(reference) => parse::strings(&reference.fields).last().copied(),
        NodeEnum::TypeCast(cast) => column(cast.arg.as_deref()?),
        _ => None,
    }
}
