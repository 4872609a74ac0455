-- Sequences that do not start again, with their last value and the last value that fits them and the columns that they
-- fill: those that own them, and those whose default asks them (1259 is pg_class, 2604 pg_attrdef). The value needs a
-- privilege (c10) and a lock that ALTER SEQUENCE keeps others from, so locked ones are left out; an unlogged sequence
-- cannot be read on a standby (v9). Runs in a transaction of its own. PostgreSQL 12 to 18.
with :scope,
locked as materialized (
    select l.relation
    from pg_catalog.pg_locks as l
    join pg_catalog.pg_database as d on d.oid = l.database
    where d.datname = pg_catalog.current_database() and l.locktype = 'relation'
    and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
    and l.pid is distinct from pg_catalog.pg_backend_pid()
),
columns as (
    select d.objid as sequence, d.refobjid as relation, d.refobjsubid as attnum
    from pg_catalog.pg_depend as d
    where d.classid = 1259 and d.refclassid = 1259 and d.refobjsubid > 0 and d.deptype in ('a', 'i')
    union
    select d.refobjid, a.adrelid, a.adnum
    from pg_catalog.pg_depend as d
    join pg_catalog.pg_attrdef as a on a.oid = d.objid
    where d.classid = 2604 and d.refclassid = 1259 and d.deptype = 'n'
),
sequences as materialized (
    select
        r.oid,
        r.schema,
        r.relname as sequence,
        q.seqstart,
        q.seqincrement,
        q.seqmax,
        q.seqmin,
        narrow.schema as column_schema,
        narrow.relation as column_table,
        narrow.column,
        narrow.type,
        narrow.high,
        case
            when locked.relation is not null then 'locked'
            when r.relpersistence = 'u' and pg_catalog.pg_is_in_recovery() then 'unlogged'
            when not pg_catalog.has_sequence_privilege(r.oid, 'SELECT, USAGE') then 'denied'
        end as hidden
    from relations as r
    join pg_catalog.pg_sequence as q on q.seqrelid = r.oid
    left join (select distinct relation from locked) as locked on locked.relation = r.oid
    left join lateral (
        select
            n.nspname as schema,
            t.relname as relation,
            a.attname as column,
            case a.atttypid when 21 then 'smallint' when 23 then 'integer' else 'bigint' end as type,
            case a.atttypid when 21 then 32767 when 23 then 2147483647 else 9223372036854775807 end::pg_catalog.int8 as high
        from columns
        join pg_catalog.pg_class as t on t.oid = columns.relation
        join pg_catalog.pg_namespace as n on n.oid = t.relnamespace
        join pg_catalog.pg_attribute as a on a.attrelid = columns.relation and a.attnum = columns.attnum
        where columns.sequence = r.oid and a.atttypid in (20, 21, 23) and t.relpersistence <> 't'
        order by 5, n.nspname, t.relname, a.attname
        limit 1
    ) as narrow on true
    where not q.seqcycle
)
select
    s.schema,
    s.sequence,
    s.column_schema,
    s.column_table,
    s.column,
    s.type,
    s.seqmax as sequence_maximum,
    s.seqmin as sequence_minimum,
    s.high as column_maximum,
    s.seqstart as start,
    s.seqincrement as increment,
    s.hidden,
    case when s.hidden is null then pg_catalog.pg_sequence_last_value(s.oid) end as last_value
from sequences as s
order by s.schema, s.sequence;
