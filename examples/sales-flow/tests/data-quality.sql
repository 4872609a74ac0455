-- Feature "data-quality": completeness, duplicates found and merged.

begin;
\ir seed.psql
select plan(40);

-- calculate_lead_completeness_score

select is(calculate_lead_completeness_score(:'dora'), 45::smallint, 'name and address');
select is(calculate_lead_completeness_score(:'anna'), 80::smallint, 'with number, company and owner');
update leads set source = 'fair', estimated_value = 100, tags = '{vip}' where id = :'anna';
select is(calculate_lead_completeness_score(:'anna'), 100::smallint, 'with all');
update leads set phone = 'call her' where id = :'anna';
select is(calculate_lead_completeness_score(:'anna'), 80::smallint, 'a number has digits');
select is(calculate_lead_completeness_score(:'rita'), null, 'of a lead that is not there, nothing is known');
update leads set phone = '+49 170 1111111' where id = :'anna';

-- detect_duplicate_leads

\set anna2 00000000-0000-4000-8000-0000000000d1
\set anna3 00000000-0000-4000-8000-0000000000d2
\set bert2 00000000-0000-4000-8000-0000000000d3
\set carl2 00000000-0000-4000-8000-0000000000d4
\set other 00000000-0000-4000-8000-0000000000d5
select is_empty(format('select from detect_duplicate_leads(%L)', :'red'), 'five people are five people');
insert into leads (id, squad_id, first_name, last_name, email, phone, company) values
    (:'anna2', :'red', 'Anna', null, 'Anna+news@example.com', null, null),
    (:'anna3', :'red', 'Adler', 'Anna', null, '0170 111 11 11', null),
    (:'bert2', :'red', 'bert ', 'baum', null, null, null),
    (:'carl2', :'red', 'Carl', 'Curie', null, null, 'CURIE AG'),
    (:'other', :'blue', 'Anna', 'Adler', 'anna@example.com', '+49 170 1111111', 'Adler GmbH');
select bag_eq(
    format('select lead_id, duplicate_id, score, reasons from detect_duplicate_leads(%L)', :'red'),
    format(
        $$values (%1$L::uuid, %2$L::uuid, 0.95, '{email}'::text[]), (%1$L, %3$L, 0.93, '{phone,name}'), (%4$L, %5$L, 0.50, '{name}'),
            (%6$L, %7$L, 0.80, '{name and company,name}')$$,
        :'anna', :'anna2', :'anna3', :'bert', :'bert2', :'carl', :'carl2'),
    'the same address with a tag, the same number and the name turned, the same name, the same name and company');
select is((select count(*) from potential_duplicates where status = 'open'), 4::bigint, 'they are written down');
select is_empty(
    format('select from potential_duplicates where %L in (lead_id, duplicate_id)', :'other'), 'without those of other squads');
update potential_duplicates set status = 'dismissed', resolved_at = now() where lead_id = :'bert';
select is((select count(*) from detect_duplicate_leads(:'red', 0.9)), 2::bigint, 'a higher bar finds fewer');
select is((select count(*) from detect_duplicate_leads(:'red')), 3::bigint, 'what was dismissed is not brought up again');
update leads set archived_at = now() where id = :'carl2';
select is((select count(*) from detect_duplicate_leads(:'red')), 2::bigint, 'nor is what was put away');

-- merge_leads

insert into messages (squad_id, lead_id, channel, direction, body) values (:'red', :'anna2', 'sms', 'inbound', 'It is me');
insert into notes (squad_id, lead_id, author_id, body) values (:'red', :'anna2', :'rita', 'One'), (:'red', :'anna2', :'rita', 'Two');
insert into bant_assessments (squad_id, lead_id, budget, authority, need, timeline) values
    (:'red', :'anna', 80, 80, 80, 80), (:'red', :'anna2', 10, 10, 10, 10);
insert into user_consents (squad_id, lead_id, purpose, wording) values
    (:'red', :'anna', 'contact', 'Yes'), (:'red', :'anna2', 'contact', 'Yes'), (:'red', :'anna2', 'newsletter', 'Yes');
insert into lead_relationships (squad_id, lead_id, related_lead_id, kind) values
    (:'red', :'anna2', :'dora', 'friend'), (:'red', :'anna2', :'anna', 'family');
insert into email_accounts (id, squad_id, user_id, provider, address, credentials_ref)
values (:'rita', :'red', :'rita', 'gmail', 'rita@red.example', 'vault:rita');
insert into email_threads (id, squad_id, account_id, lead_id, provider_thread_id) values (:'anna', :'red', :'rita', :'anna2', 'thread 1');
update leads set custom_fields = '{"a": 1, "b": 1}', tags = '{vip}', status = 'qualified' where id = :'anna';
update leads set custom_fields = '{"b": 2, "c": 2}', tags = '{fair,vip}', status = 'lost', score = 99, created_at = '2020-01-01',
    next_follow_up_at = '2030-01-01'
where id = :'anna2';

create temporary table done as select merge_leads(:'anna', :'anna2', :'rita') as counts;
select is(
    (select (full_name, email, phone, status, score, tags, created_at at time zone 'UTC', next_follow_up_at at time zone 'UTC')::text
     from leads where id = :'anna'),
    '("Anna Adler",anna@example.com,"+49 170 1111111",qualified,99,"{fair,vip}","2020-01-01 00:00:00","2030-01-01 00:00:00")',
    'the kept lead keeps what it has, and gets the better of both');
select is(
    (select custom_fields from leads where id = :'anna'), '{"a": 1, "b": 1, "c": 2}', 'its own fields win over those of the other');
select isnt((select archived_at from leads where id = :'anna2'), null, 'the other one is put away, not deleted');
select is((select count(*) from notes where lead_id = :'anna'), 2::bigint, 'notes have moved');
select is((select count(*) from messages where lead_id = :'anna'), 1::bigint, 'and messages');
select is((select lead_id from email_threads), :'anna'::uuid, 'and what points at the lead with one column');
select is(
    (select total from bant_assessments where lead_id = :'anna'), 80::smallint, 'of what there can be once, the kept lead keeps its own');
select is((select count(*) from bant_assessments where lead_id = :'anna2'), 1::bigint, 'and the other one is not lost');
select bag_eq(
    format('select purpose from user_consents where lead_id = %L', :'anna'), array['contact', 'newsletter'],
    'where one row cannot move, the others do');
select results_eq(
    format('select l.full_name from lead_relationships r join leads l on l.id = r.related_lead_id
            where r.lead_id = %L and l.archived_at is null', :'anna'),
    array['Dora Dill'], 'relationships move, whichever id is the smaller one');
select results_eq(
    format('select status, resolved_by from potential_duplicates where duplicate_id = %L', :'anna2'),
    format('values (''merged'', %L::uuid)', :'rita'), 'the pair is settled');
select is(
    (select counts from done) - 'lead_context_summaries',
    '{"notes": 2, "messages": 1, "email_threads": 1, "user_consents": 1, "lead_relationships": 1}',
    'what was moved is counted');

select merge_leads(:'anna3', :'anna', null) \g /dev/null
select is(
    (select (first_name, email, phone, owner_id)::text from leads where id = :'anna3'),
    format('(Adler,anna@example.com,"0170 111 11 11",%s)', :'rita'), 'what the kept lead lacks it gets, an address that was taken too');
select is(
    (select count(*) from lead_relationships where lead_id = :'dora' and related_lead_id = :'anna3'), 1::bigint,
    'a relationship turns round where the order of the ids does');
update leads set status = 'lost' where id = :'anna3';
insert into leads (squad_id, first_name, status) values (:'red', 'Lost too', 'lost');
select merge_leads(:'anna3', (select id from leads where first_name = 'Lost too')) \g /dev/null
select is((select status from leads where id = :'anna3'), 'lost', 'two lost ones are lost');
insert into leads (squad_id, first_name, status) values (:'red', 'Not lost', 'contacted');
select merge_leads(:'anna3', (select id from leads where first_name = 'Not lost')) \g /dev/null
select is((select status from leads where id = :'anna3'), 'contacted', 'and one of two is not');

select throws_ok(format('select merge_leads(%L, %1$L)', :'bert'), '22023', null, 'a lead is not merged into itself');
select throws_ok(format('select merge_leads(%L, %L)', :'bert', :'other'), '22023', null, 'nor into one of another squad');
select throws_ok(format('select merge_leads(%L, %L)', :'bert', :'anna'), 'P0002', null, 'nor one that is put away');
select throws_ok(format('select merge_leads(%L, %L)', :'bert', :'rita'), 'P0002', null, 'nor one that is not there');

-- As an application
set local role sales_flow_application;
select set_config('app.squad_id', :'red', true), set_config('app.user_id', :'rob', true) \g /dev/null
select lives_ok(format('select merge_leads(%L, %L)', :'bert', :'bert2'), 'a squad merges its own leads');
select is((select full_name from leads where id = :'bert'), 'Bert Baum', 'under row-level security');
select throws_ok(format('select merge_leads(%L, %L)', :'bert', :'zoe'), 'P0002', null, 'and sees no others');
select is_empty(format('select from detect_duplicate_leads(%L)', :'blue'), 'nor their duplicates');
select is(calculate_lead_completeness_score(:'zoe'), null, 'nor how complete they are');
reset role;

-- Constraints

select throws_ok(
    format('insert into potential_duplicates (squad_id, lead_id, duplicate_id, score, reasons)
            values (%L, %L, %L, 0.5, ''{x}'')', :'red', :'dora', :'bert'),
    '23514', null, 'a pair has the smaller id first');
select throws_ok(
    format('insert into data_quality_metrics (squad_id, metric, value, sample_size) values (%L, ''completeness'', 101, 1)', :'red'),
    '23514', null, 'percent end at a hundred');
select lives_ok(
    format('insert into data_quality_metrics (squad_id, metric, value, sample_size) values (%L, ''completeness'', 71.5, 9)', :'red'),
    'and need not be whole');

select * from finish();
rollback;
