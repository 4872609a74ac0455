-- Row-level security: two squads at one table, nobody without a squad, and what is for its user alone.

begin;
\ir seed.psql
select plan(26);

insert into notes (squad_id, lead_id, author_id, body, is_private) values
    (:'red', :'anna', :'rita', 'for all of us', false),
    (:'red', :'anna', :'rita', 'for me alone', true);
insert into knowledge_base (squad_id, title, content) values
    (null, 'Shared', 'Everybody reads this.'),
    (:'red', 'Red', 'Red reads this.'),
    (:'blue', 'Blue', 'Blue reads this.');
insert into compliance_logs (squad_id, source_table, source_id, verdict) values (:'red', 'ai_recommendations', '1', 'passed');
insert into subscription_tiers (key, title, monthly_price) values ('team', 'Team', 49);
insert into email_accounts (squad_id, user_id, provider, address, credentials_ref) values
    (:'red', :'rita', 'gmail', 'rita@red.example', 'vault:rita'), (:'blue', :'ben', 'gmail', 'ben@blue.example', 'vault:ben');

-- As nobody
set local role sales_flow_application;
select is_empty('select from leads', 'without a squad, no lead is seen');
select is_empty('select from squads', 'nor a squad');

-- As Rita of the red squad
select set_config('app.squad_id', :'red', true), set_config('app.user_id', :'rita', true) \g /dev/null
select is((select count(*) from leads), 5::bigint, 'red sees its five leads');
select is_empty(format('select from leads where id = %L', :'zoe'), 'and none of blue');
select is((select count(*) from users), 2::bigint, 'red sees its two users');
select is((select count(*) from notes), 2::bigint, 'Rita sees her private note');
select bag_eq('select title from knowledge_base', array['Shared', 'Red'], 'red sees the shared library and its own');
select throws_ok(
    format('insert into leads (squad_id, first_name) values (%L, %L)', :'blue', 'Intruder'),
    '42501', null, 'red writes no lead for blue');
update leads set score = 99 where id = :'zoe';
delete from knowledge_base where title = 'Shared';
select throws_ok(
    'insert into knowledge_base (title, content) values (''For all'', ''...'')', '42501', null, 'nobody writes into the shared library');
select results_eq('select address::text from email_accounts', array['rita@red.example'], 'Rita sees her mailbox');
select throws_ok(
    format('insert into user_subscriptions (squad_id, tier_id) select %L, t.id from subscription_tiers t', :'red'),
    '42501', null, 'nobody grants a plan to themselves');
select throws_ok(
    'insert into badges (key, title, description, metric, threshold) values (''mine'', ''Mine'', ''.'', ''deals_won'', 1)',
    '42501', null, 'nor a badge');
update compliance_logs set verdict = 'flagged', rules = '{x}';
delete from compliance_logs;
select is((select count(*) from compliance_logs where verdict = 'passed'), 1::bigint, 'a log keeps what is in it');
select lives_ok(
    format('insert into data_access_log (squad_id, user_id, action, entity) values (%L, %L, ''view'', ''leads'')', :'red', :'rita'),
    'a log is added to');
select throws_ok(
    format('insert into data_access_log (squad_id, user_id, action, entity) values (%L, %L, ''view'', ''leads'')', :'red', :'rob'),
    '42501', null, 'in one''s own name only');

-- What triggers write on the way is written for the squad as well.
select lives_ok(
    format('insert into messages (squad_id, lead_id, channel, direction, body) values (%L, %L, ''sms'', ''inbound'', ''Hello?'')',
        :'red', :'anna'), 'a message comes in');
select is((select open_question from lead_context_summaries where lead_id = :'anna'), 'Hello?', 'and is remembered');
select lives_ok(
    format('insert into ai_recommendations (squad_id, lead_id, kind, title, body) values (%L, %L, ''content'', ''A'', ''No risk at all'')',
        :'red', :'anna'), 'the assistant says something');
select is((select count(*) from compliance_logs where rules = '{risk_free}'), 1::bigint, 'and it is logged');

-- As Rob of the red squad
select set_config('app.user_id', :'rob', true) \g /dev/null
select results_eq('select body from notes', array['for all of us'], 'Rob does not see the private note of Rita');
select is_empty('select from email_accounts', 'nor her mailbox');

-- As Ben of the blue squad
select set_config('app.squad_id', :'blue', true), set_config('app.user_id', :'ben', true) \g /dev/null
select results_eq('select full_name from leads', array['Zoe Zander'], 'blue sees its one lead');
select is((select score from leads where id = :'zoe'), 40::smallint, 'which red has not changed');
select bag_eq('select title from knowledge_base', array['Shared', 'Blue'], 'blue sees the shared library, still, and its own');
select is_empty('select from notes', 'blue sees no note of red');
select is_empty('select from compliance_logs', 'nor its log');

select * from finish();
rollback;
