-- The materialized views that are not populated, or that no index allows to be refreshed concurrently. The rule of a
-- usable index is that of is_usable_unique_index in PostgreSQL's matview.c. PostgreSQL 12 to 18.
with :scope
select r.schema, r.relname as view, r.relispopulated as populated, usable.index as usable_index
from relations as r
left join lateral (
    select i.relname as index
    from pg_catalog.pg_index as x
    join pg_catalog.pg_class as i on i.oid = x.indexrelid
    where x.indrelid = r.oid and x.indisunique and x.indisvalid and x.indimmediate
    and x.indpred is null and x.indexprs is null
    limit 1
) as usable on true
where r.relkind = 'm'
order by r.schema, r.relname;
