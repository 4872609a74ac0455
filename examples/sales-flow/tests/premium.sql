-- Feature "premium": limits of plans, the best time to reach a lead, compliance of chats.

begin;
\ir seed.psql
select plan(20);

-- check_lead_limit. Red has five leads, blue one.

select lives_ok(
    format('insert into leads (squad_id, first_name) values (%L, ''Sixth'')', :'red'), 'where there is no tier, nothing is limited');

insert into subscription_tiers (key, title, monthly_price, max_leads, is_default) values
    ('free', 'Free', 0, 6, true), ('team', 'Team', 49, 7, false), ('unlimited', 'Unlimited', 199, null, false);
select throws_ok(
    format('insert into leads (squad_id, first_name) values (%L, ''Seventh'')', :'red'),
    '23514', 'the plan "Free" allows 6 leads', 'without a subscription, the default tier counts');
select lives_ok(
    format('insert into leads (squad_id, first_name, archived_at) values (%L, ''Old'', now())', :'red'), 'archived leads are free');
select throws_ok(
    $$update leads set archived_at = null where first_name = 'Old'$$, '23514', null, 'they cannot come back beyond the limit');
select lives_ok(
    format('insert into leads (squad_id, first_name) values (%L, ''Second'')', :'blue'), 'each squad has its own limit');

insert into user_subscriptions (squad_id, user_id, tier_id, status)
select :'red', :'rita', t.id, 'trialing' from subscription_tiers t where t.key = 'team';
select lives_ok(
    $$update leads set archived_at = null where first_name = 'Old'$$, 'a larger plan has a larger limit, also on trial');
select throws_ok(
    format('insert into leads (squad_id, first_name) values (%L, ''Eighth'')', :'red'),
    '23514', 'the plan "Team" allows 7 leads', 'and an end as well');
select throws_ok(
    format('update leads set squad_id = %L where id = %L', :'red', :'zoe'), '23514', null, 'no lead comes in from another squad');
update leads set score = 100 where squad_id = :'red';
update leads set archived_at = now() where first_name = 'Old';
select lives_ok(
    format('insert into leads (squad_id, first_name) values (%L, ''Eighth'')', :'red'), 'an archived lead makes room');

update user_subscriptions set status = 'cancelled', cancelled_at = now() where squad_id = :'red';
select throws_ok(
    format('insert into leads (squad_id, first_name) values (%L, ''Ninth'')', :'red'),
    '23514', 'the plan "Free" allows 6 leads', 'a cancelled plan counts no more');
insert into user_subscriptions (squad_id, user_id, tier_id)
select :'red', :'rita', t.id from subscription_tiers t where t.key = 'unlimited';
select lives_ok(
    format('insert into leads (squad_id, first_name) select %L, ''Lead '' || i from generate_series(1, 20) as i', :'red'),
    'a plan without a limit has none');
select throws_ok(
    format('insert into user_subscriptions (squad_id, tier_id) select %L, id from subscription_tiers limit 1', :'red'),
    '23505', null, 'a squad has one plan at a time');

-- get_best_contact_window

select is_empty(format('select from get_best_contact_window(%L)', :'anna'), 'where nobody has tried, nothing is known');
insert into optimal_contact_times (squad_id, lead_id, weekday, hour, attempts, replies) values
    (:'red', :'bert', 1, 9, 40, 20), (:'red', :'bert', 2, 18, 1, 1), (:'red', :'bert', 5, 12, 20, 1),
    (:'red', :'carl', 5, 12, 20, 1), (:'blue', :'zoe', 7, 3, 50, 50);
select results_eq(
    format('select weekday, hour, attempts, basis from get_best_contact_window(%L, 2)', :'bert'),
    $$values (1::smallint, 9::smallint, 40::bigint, 'lead'), (2::smallint, 18::smallint, 1::bigint, 'lead')$$,
    'one lucky reply does not beat twenty');
select results_eq(
    format('select weekday, hour, attempts, basis from get_best_contact_window(%L, 9)', :'anna'),
    $$values (1::smallint, 9::smallint, 40::bigint, 'squad'), (2::smallint, 18::smallint, 1::bigint, 'squad'),
        (5::smallint, 12::smallint, 40::bigint, 'squad')$$,
    'a lead without attempts has those of its squad');
select results_eq(
    format('select reply_rate from get_best_contact_window(%L, 1)', :'zoe'), array[1.0000], 'what always worked is 1');

-- log_ai_output_compliance on chats

insert into intelligent_chat_logs (squad_id, user_id, lead_id, question, model)
values (:'red', :'rita', :'anna', 'What can I promise?', 'm');
select is_empty($$select from compliance_logs where source_table = 'intelligent_chat_logs'$$, 'a question is not checked');
update intelligent_chat_logs set answer = 'Say that they earn 3000 euros', answered_at = now();
select results_eq(
    $$select verdict, lead_id from compliance_logs where source_table = 'intelligent_chat_logs'$$,
    format('values (''blocked'', %L::uuid)', :'anna'), 'an answer is');

-- The limit under row-level security, where a squad sees its own subscription only

update user_subscriptions set tier_id = (select t.id from subscription_tiers t where t.key = 'team') where squad_id = :'red';
set local role sales_flow_application;
select set_config('app.squad_id', :'blue', true), set_config('app.user_id', :'ben', true) \g /dev/null
select lives_ok(
    format('insert into leads (squad_id, first_name) values (%L, ''Third'')', :'blue'), 'the application adds leads');
select set_config('app.squad_id', :'red', true), set_config('app.user_id', :'rita', true) \g /dev/null
select throws_ok(
    format('insert into leads (squad_id, first_name) values (%L, ''One more'')', :'red'),
    '23514', 'the plan "Team" allows 7 leads', 'up to the limit of its plan');

select * from finish();
rollback;
