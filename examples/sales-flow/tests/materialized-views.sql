-- The six materialized views: what is in them, and that they are refreshed while others read them.

begin;
\ir seed.psql
select plan(23);

insert into messages (squad_id, lead_id, user_id, channel, direction, body, sent_at) values
    (:'red', :'anna', :'rita', 'email', 'outbound', '...', now() - interval '3 days'),
    (:'red', :'anna', null, 'whatsapp', 'inbound', '...', now() - interval '2 days'),
    (:'red', :'anna', :'rita', 'whatsapp', 'outbound', '...', now() - interval '44 hours'),
    (:'red', :'dora', :'rob', 'email', 'outbound', '...', now() - interval '40 days');
insert into activities (squad_id, lead_id, user_id, kind, subject, due_at, completed_at) values
    (:'red', :'anna', :'rita', 'meeting', 'Met', null, now() - interval '1 day'),
    (:'red', :'emil', :'rita', 'task', 'Late', now() - interval '1 day', null);
insert into bant_assessments (squad_id, lead_id, budget, authority, need, timeline) values (:'red', :'anna', 100, 80, 60, 40);
insert into personality_profiles (squad_id, lead_id, dominance, influence, steadiness, conscientiousness, confidence) values
    (:'red', :'anna', 80, 1, 1, 1, 0.8), (:'red', :'carl', 80, 1, 1, 1, 0.6), (:'red', :'dora', 1, 80, 1, 1, 0.5);
insert into products (id, squad_id, sku, name, price) values (:'red', :'red', 'T1', 'Tea', 10);
insert into lead_product_interactions (squad_id, lead_id, product_id, kind) values (:'red', :'anna', :'red', 'asked');
update leads set next_follow_up_at = now() - interval '2 days', estimated_value = 1000 where id = :'anna';
update leads set next_follow_up_at = now() + interval '9 days', estimated_value = 500 where id = :'emil';
insert into win_probability_cache (lead_id, squad_id, probability, model, expires_at)
values (:'anna', :'red', 0.5, 'm', now() + interval '1 day');
insert into intelligent_chat_logs (squad_id, user_id, question, model) values (:'red', :'rita', '?', 'm');

select set_eq('select view_name from refresh_all_materialized_views()', array[
    'view_leads_scored', 'view_conversion_microsteps', 'view_personality_insights',
    'view_followups_scored', 'view_squad_performance', 'view_user_activity_summary'], 'all six are refreshed');
select is((select count(*) from refresh_all_materialized_views() where concurrent), 6::bigint, 'while others read them');
select is(
    (select count(*) from refresh_all_materialized_views() where took > interval '0'), 6::bigint, 'and it is said how long each took');

select results_eq(
    format('select engagement, qualification, product_interest, progress, score, temperature
            from view_leads_scored where lead_id = %L', :'anna'),
    $$values (15, 21, 5, 12, 53::smallint, 'warm')$$, 'the score of a lead has four parts');
select is((select count(*) from view_leads_scored where squad_id = :'red'), 4::bigint, 'leads that are won have none');
select is((select score from view_leads_scored where lead_id = :'bert'), 0::smallint, 'of whom nothing is known is cold');

select results_eq(
    format('select name, leads, of_all, of_step_before from view_conversion_microsteps where squad_id = %L order by position', :'red'),
    $$values ('lead', 5::bigint, 1.0000, null::numeric), ('first message', 2, 0.4000, 0.4000), ('first reply', 1, 0.2000, 0.5000),
        ('meeting', 1, 0.2000, 1.0000), ('qualified', 3, 0.6000, 3.0000), ('proposal', 2, 0.4000, 0.6667), ('won', 1, 0.2000, 0.5000)$$,
    'each step has those who reached it, of all and of the step before');

select results_eq(
    format('select disg_type, leads, won, win_rate, confidence, favourite_channel::text
            from view_personality_insights where squad_id = %L order by 1', :'red'),
    $$values ('D', 2::bigint, 1::bigint, 1.0000, 0.70, 'whatsapp'), ('I', 1, 0, null, 0.50, null)$$, 'what works with which type');

select results_eq(
    'select lead_id, priority from view_followups_scored order by priority desc',
    format('values (%L::uuid, 70.00), (%L::uuid, 13.00)', :'anna', :'emil'), 'what is overdue, likely and large comes first');
select is(
    (select overdue_by from view_followups_scored where lead_id = :'anna'), interval '2 days', 'with how long it is overdue');

select results_eq(
    format('select members, leads, open_leads, won, win_rate, pipeline_value, messages_sent_30_days, median_reply_time
            from view_squad_performance where squad_id = %L', :'red'),
    $$values (2::bigint, 5::bigint, 4::bigint, 1::bigint, 1.0000, 1500.00, 2::bigint, interval '4 hours')$$, 'a squad in numbers');
select results_eq(
    format('select members, leads, win_rate, pipeline_value from view_squad_performance where squad_id = %L', :'green'),
    $$values (1::bigint, 0::bigint, null::numeric, 0::numeric)$$, 'a squad without leads has a row too');

select results_eq(
    format('select activities_completed_30_days, activities_overdue, messages_sent_30_days, open_leads, won, chats_30_days, last_active_at
            from view_user_activity_summary where user_id = %L', :'rita'),
    $$values (1::bigint, 1::bigint, 2::bigint, 2::bigint, 1::bigint, 1::bigint, now())$$, 'a user in numbers');
select is((select count(*) from view_user_activity_summary), 5::bigint, 'each user has a row');

-- What a refresh needs to let others read: a unique index of plain columns over all rows
select is_empty(
    $$select c.relname
      from pg_class c
      where c.relkind = 'm' and c.relnamespace = 'public'::regnamespace
          and not exists (
              select from pg_index i
              where i.indrelid = c.oid and i.indisunique and i.indpred is null and i.indexprs is null)$$,
    'each view has a unique index');
select lives_ok(
    format('refresh materialized view concurrently %I', v), 'refresh concurrently ' || v)
from unnest(array[
    'view_leads_scored', 'view_conversion_microsteps', 'view_personality_insights',
    'view_followups_scored', 'view_squad_performance', 'view_user_activity_summary']) as v;

refresh materialized view view_leads_scored with no data;
select results_eq(
    $$select view_name from refresh_all_materialized_views() where not concurrent$$, array['view_leads_scored'],
    'a view that was never filled is filled');

set local role sales_flow_application;
select throws_ok('select from refresh_all_materialized_views()', '42501', null, 'an application cannot refresh');

select * from finish();
rollback;
