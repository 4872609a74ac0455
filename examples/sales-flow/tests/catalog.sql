-- What the whole schema keeps to, whatever the feature.

begin;
select plan(17);

create function pg_temp.own(p_kind "char") returns bigint
language sql
as $$
    select count(*)
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind = p_kind
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
$$;

select is(pg_temp.own('r'), 59::bigint, 'there are 59 tables');
select is(pg_temp.own('m'), 6::bigint, 'there are 6 materialized views');
select is(
    (select array_agg(e.extname::text order by e.extname) from pg_extension e where e.extname not in ('plpgsql', 'pgtap')),
    array['uuid-ossp', 'vector'], 'there are 2 extensions');

create temporary view own_functions as
select p.*
from pg_proc p
where p.pronamespace = 'public'::regnamespace
    and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e');

select bag_eq(
    'select proname::text from own_functions',
    array[
        'generate_disg_recommendations', 'update_lead_memory', 'log_ai_output_compliance', 'recommend_followup_actions',
        'get_best_contact_window', 'calculate_team_size', 'get_lead_network', 'find_common_connections', 'recommend_leads_from_network',
        'search_knowledge_base', 'find_objection_response', 'recommend_upsells', 'export_user_data', 'anonymize_lead',
        'detect_duplicate_leads', 'merge_leads', 'calculate_lead_completeness_score', 'check_lead_limit', 'auto_link_email_to_lead',
        'calculate_badge_progress', 'refresh_all_materialized_views',
        -- Helpers of the above.
        'touch_updated_at', 'current_squad_id', 'current_user_id', 'order_lead_pair'
    ],
    'there are 21 functions and 4 helpers');

select is_empty(
    'select proname from own_functions where obj_description(oid, ''pg_proc'') is null',
    'each function says what it is for');
select is_empty(
    $$select proname from own_functions
      where prosecdef and not exists (select from unnest(proconfig) as c where c ~ '^search_path=.*, pg_temp$')$$,
    'a function with the rights of its owner has a search_path of its own, pg_temp last');
select is_empty(
    $$select proname from own_functions
      where (prosecdef or proname in ('export_user_data', 'anonymize_lead', 'refresh_all_materialized_views'))
          and has_function_privilege('public', oid, 'execute')$$,
    'what goes beyond a squad is not for everybody to call');

create temporary view own_tables as
select c.*
from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind = 'r';

select is_empty('select relname from own_tables where obj_description(oid, ''pg_class'') is null', 'each table says what it holds');
select is_empty('select relname from own_tables where not relrowsecurity', 'each table has row-level security');
select is_empty(
    'select relname from own_tables t where not exists (select from pg_policy p where p.polrelid = t.oid)', 'each table has a policy');
select is_empty(
    $$select relname from own_tables t where not exists (select from pg_constraint c where c.conrelid = t.oid and c.contype = 'p')$$,
    'each table has a primary key');
select is_empty(
    $$select t.relname || '.' || p.polname
      from pg_policy p
      join own_tables t on t.oid = p.polrelid
      where concat(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) ~ 'current_(squad|user)_id\(\)'
          and concat(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) !~ 'SELECT current_(squad|user)_id\(\)'$$,
    'policies ask for the squad once a statement');
select is_empty(
    $$select c.conrelid::regclass || '.' || c.conname
      from pg_constraint c
      where c.contype = 'f' and c.connamespace = 'public'::regnamespace
          and not exists (
              select from pg_index i
              where i.indrelid = c.conrelid and i.indisvalid and i.indpred is null
                  and (i.indkey::smallint[])[0:cardinality(c.conkey) - 1] @> c.conkey)$$,
    'each foreign key has an index that starts with its columns');
select is_empty(
    $$select a.indexrelid::regclass || ' and ' || b.indexrelid::regclass
      from pg_index a
      join pg_index b on b.indrelid = a.indrelid and b.indexrelid > a.indexrelid and b.indkey = a.indkey and b.indclass = a.indclass
          and b.indoption = a.indoption and b.indnkeyatts = a.indnkeyatts
      join own_tables t on t.oid = a.indrelid
      where pg_get_expr(a.indpred, a.indrelid) is not distinct from pg_get_expr(b.indpred, b.indrelid)
          and pg_get_expr(a.indexprs, a.indrelid) is not distinct from pg_get_expr(b.indexprs, b.indrelid)$$,
    'no two indexes are the same');
select is_empty(
    $$select t.relname
      from own_tables t
      join pg_attribute a on a.attrelid = t.oid and a.attname = 'updated_at'
      where not exists (select from pg_trigger g where g.tgrelid = t.oid and g.tgfoid = 'touch_updated_at()'::regprocedure)$$,
    'where there is updated_at, it is kept');
select is_empty(
    $$select t.relname || '.' || a.attname
      from own_tables t
      join pg_attribute a on a.attrelid = t.oid and a.attnum > 0
      where a.atttypid = 'timestamp'::regtype$$,
    'no time is without its time zone');
select is_empty(
    $$select p.oid::regprocedure
      from own_functions p
      join pg_language l on l.oid = p.prolang
      where l.lanname not in ('sql', 'plpgsql')$$,
    'functions need no language that a managed server lacks');

select * from finish();
rollback;
