//! Queries that stand in files as they run in psql: their places (`:'names'`) are filled in here.

/// Puts values, which are SQL, into the places of a query, and takes its semicolon away. What was put in is not looked at
/// again: a name may look like a place.
pub(in crate::core) fn fill(query: &str, values: &[(&str, &str)]) -> String {
    let length = query.len() + values.iter().map(|(_, value)| value.len()).sum::<usize>();
    let mut sql = String::with_capacity(length);
    let mut rest = query.trim_end().trim_end_matches(';');
    while let Some(colon) = rest.find(":'") {
        let place = &rest[colon..];
        let filled = values.iter().find_map(|(name, value)| Some((*value, place.strip_prefix(name)?)));
        let (value, after) = filled.unwrap_or_else(|| place.split_at(2));
        sql.push_str(&rest[..colon]);
        sql.push_str(value);
        rest = after;
    }
    sql.push_str(rest);
    sql
}

/// A query, without its semicolon, each of whose rows is one JSON object as text.
pub(in crate::core) fn as_json(query: &str) -> String {
    format!("select pg_catalog.row_to_json(found)::pg_catalog.text as found from (\n{query}\n) as found")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_not_looked_at_again() {
        let values = [(":'names'", "'a:''schemas'"), (":'schemas'", "'b'")];
        assert_eq!(
            fill("select :'names', :'schemas', ':'\n;\n", &values),
            "select 'a:''schemas', 'b', ':'\n"
        );
        assert_eq!(fill("select :'other', :'names';", &values[..1]), "select :'other', 'a:''schemas'");
    }
}
