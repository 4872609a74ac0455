-- Constraints that old rows were not checked against, and, from 18 on, those that are not enforced at all (k10).
-- PostgreSQL 12 to 18.
with :scope
select
    r.schema,
    r.relname as table,
    con.conname as constraint,
    coalesce(pg_catalog.to_jsonb(con) ->> 'conenforced', 'true') = 'true' as enforced,
    con.contype = 'f' as foreign_key
from relations as r
join pg_catalog.pg_constraint as con on con.conrelid = r.oid
where con.contype in ('f', 'c', 'n') and not con.convalidated and con.conparentid = 0
order by r.schema, r.relname, con.conname;
