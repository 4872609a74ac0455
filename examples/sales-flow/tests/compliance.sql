-- Feature "compliance": export of a user's data, anonymization of a lead.

begin;
\ir seed.psql
select plan(33);

-- Something of a lead and of a user in tables of many features.
insert into messages (squad_id, lead_id, user_id, channel, direction, body, external_id) values
    (:'red', :'anna', :'rita', 'email', 'outbound', 'Dear Anna Adler', 'ext 1'),
    (:'red', :'bert', :'rita', 'email', 'outbound', 'Dear Bert', null);
insert into activities (squad_id, lead_id, user_id, kind, subject, details, completed_at)
values (:'red', :'anna', :'rita', 'call', 'Called Anna Adler', '{"number": "+49 170 1111111"}', now());
insert into notes (squad_id, lead_id, author_id, body) values (:'red', :'anna', :'rob', 'Anna likes mountains');
insert into bant_assessments (squad_id, lead_id, assessed_by, budget, authority, need, timeline)
values (:'red', :'anna', :'rita', 1, 2, 3, 4);
insert into ai_recommendations (squad_id, lead_id, kind, title, body) values (:'red', :'anna', 'content', 'For Anna', 'Say hello to Anna');
insert into lead_relationships (squad_id, lead_id, related_lead_id, kind) values
    (:'red', :'anna', :'bert', 'friend'), (:'red', :'dora', :'anna', 'friend');
insert into success_stories (squad_id, lead_id, title, story) values (:'red', :'anna', 'How it began', 'Once upon a time');
insert into email_accounts (id, squad_id, user_id, provider, address, credentials_ref)
values (:'rita', :'red', :'rita', 'gmail', 'rita@red.example', 'vault:rita');
insert into email_threads (id, squad_id, account_id, provider_thread_id) values (:'anna', :'red', :'rita', 'thread 1');
insert into email_messages (squad_id, account_id, thread_id, provider_message_id, direction, from_address, sent_at)
values (:'red', :'rita', :'anna', '1', 'inbound', 'anna@example.com', now());
insert into enriched_data_cache (squad_id, provider, lookup_kind, lookup_key, data) values
    (:'red', 'hunter', 'email', 'anna@example.com', '{}'), (:'red', 'hunter', 'phone', '+49 170 1111111', '{}'),
    (:'red', 'hunter', 'email', 'bert@example.com', '{}'), (:'blue', 'hunter', 'email', 'anna@example.com', '{}');
insert into user_consents (squad_id, lead_id, purpose, wording) values (:'red', :'anna', 'contact', 'You may write to me.');
insert into data_deletion_requests (squad_id, lead_id, requested_by) values (:'red', :'anna', :'rita');
update leads set custom_fields = '{"birthday": "1980-01-01"}', tags = '{vip}' where id = :'anna';

-- export_user_data

create temporary table export as select export_user_data(:'rita') as data;
select is((select data #>> '{user,email}' from export), 'rita@red.example', 'an export has the user''s own row');
select is((select jsonb_array_length(data -> 'messages') from export), 2, 'the messages that the user wrote');
select is((select jsonb_array_length(data -> 'leads') from export), 3, 'the leads that the user owns or made, once each');
select is((select data #>> '{email_accounts,0,address}' from export), 'rita@red.example', 'the mailbox');
select ok((select not (data #> '{email_accounts,0}') ? 'credentials_ref' from export), 'without the name of its secret');
select is((select data #>> '{squads,0,slug}' from export), 'red', 'the squad that the user leads');
select ok((select not data ? 'notes' from export), 'and not the notes of others');
select results_eq(
    $$select action, entity from data_access_log$$, $$values ('export', 'users')$$, 'the export is logged');
select is(
    (select array_agg(k order by k) from jsonb_object_keys(export_user_data(:'ben')) as k),
    array['exported_at', 'leads', 'squads', 'user'], 'what there is not is left out');
select throws_ok(format('select export_user_data(%L)', :'anna'), 'P0002', null, 'a user that is not there is an error');

-- anonymize_lead

create temporary table done as select anonymize_lead(:'anna', :'rita') as counts;
select is(
    (select (full_name, email, phone, company, tags, custom_fields, archived_at is not null)::text from leads where id = :'anna'),
    '(Anonymous,,,,{},{},t)', 'the lead is nobody, and put away');
select is((select status from leads where id = :'anna'), 'qualified', 'how far it came stays for the statistics');
select results_eq(
    format('select body, external_id, channel::text from messages where lead_id = %L', :'anna'), $$values ('', null::text, 'email')$$,
    'of messages, that they were');
select results_eq(
    format('select subject, details, kind from activities where lead_id = %L', :'anna'), $$values ('', '{}'::jsonb, 'call')$$,
    'and of activities');
select is_empty(format('select from notes where lead_id = %L', :'anna'), 'notes are gone');
select is_empty(format('select from bant_assessments where lead_id = %L', :'anna'), 'and the assessment');
select is_empty(format('select from ai_recommendations where lead_id = %L', :'anna'), 'and the advice');
select is_empty(format('select from lead_context_summaries where lead_id = %L', :'anna'), 'and the memory');
select is_empty(
    format('select from lead_relationships where %L in (lead_id, related_lead_id)', :'anna'), 'and whom the lead knew, either way');
select is_empty('select from email_messages', 'and the e-mails');
select is((select lead_id from email_threads), null, 'the conversation has lost the link');
select is((select lead_id from success_stories), null, 'and so has the story');
select bag_eq(
    'select squad_id, lookup_key from enriched_data_cache',
    format('values (%L::uuid, ''bert@example.com''), (%L::uuid, ''anna@example.com'')', :'red', :'blue'),
    'what was bought about it is gone, and nothing else');
select is((select count(*) from user_consents where lead_id = :'anna'), 1::bigint, 'the consent is a proof, and stays');
select is((select count(*) from compliance_logs where lead_id = :'anna'), 1::bigint, 'and so does the log of what the assistant said');
select is((select status from data_deletion_requests), 'completed', 'the request is done');
select is(
    (select counts ->> 'lead_relationships' from done), '2', 'what was done is counted by table, over all columns of one');
select results_eq(
    $$select user_id, lead_id, details from data_access_log where action = 'anonymize'$$,
    format('select %L::uuid, %L::uuid, counts from done', :'rita', :'anna'), 'and logged');
select is((select body from messages where lead_id = :'bert'), 'Dear Bert', 'other leads are as they were');
select is((select full_name from leads where id = :'bert'), 'Bert Baum', 'in all tables');
select throws_ok(format('select anonymize_lead(%L)', :'rita'), 'P0002', null, 'a lead that is not there is an error');

-- Under row-level security, both would miss rows without a word.
grant execute on function export_user_data(uuid), anonymize_lead(uuid, uuid) to sales_flow_application;
set local role sales_flow_application;
select set_config('app.squad_id', :'red', true), set_config('app.user_id', :'rita', true) \g /dev/null
select throws_ok(format('select export_user_data(%L)', :'rita'), '42501', null, 'an application cannot export');
select throws_ok(format('select anonymize_lead(%L)', :'bert'), '42501', null, 'nor anonymize');

select * from finish();
rollback;
