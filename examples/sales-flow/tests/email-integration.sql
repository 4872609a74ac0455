-- Feature "email-integration": messages find their leads.

begin;
\ir seed.psql
select plan(12);

insert into email_accounts (id, squad_id, user_id, provider, address, credentials_ref)
values (:'rita', :'red', :'rita', 'gmail', 'rita@red.example', 'vault:rita');
insert into email_threads (id, squad_id, account_id, provider_thread_id) values
    (:'anna', :'red', :'rita', 'thread 1'), (:'bert', :'red', :'rita', 'thread 2');

create function pg_temp.receive(p_id text, p_from text, p_thread uuid default null, p_sent_at timestamptz default now()) returns uuid
language sql
as $$
    insert into email_messages (squad_id, account_id, thread_id, provider_message_id, direction, from_address, to_addresses, sent_at)
    select a.squad_id, a.id, p_thread, p_id, 'inbound', p_from, array[a.address::text], p_sent_at from email_accounts a
    returning lead_id
$$;
create function pg_temp.send(p_id text, p_to text[], p_cc text[] default '{}') returns uuid
language sql
as $$
    insert into email_messages (squad_id, account_id, provider_message_id, direction, from_address, to_addresses, cc_addresses, sent_at)
    select a.squad_id, a.id, p_id, 'outbound', a.address, p_to, p_cc, now() from email_accounts a
    returning lead_id
$$;

select is(pg_temp.receive('1', 'Anna@Example.com', :'anna'), :'anna'::uuid, 'the sender of what comes in is the lead, in any case');
select is((select last_contacted_at from leads where id = :'anna'), now(), 'who has been contacted now');
select is((select lead_id from email_threads where id = :'anna'), :'anna'::uuid, 'and whose the conversation is');
select is(pg_temp.receive('2', 'assistant@example.com', :'anna'), :'anna'::uuid, 'an unknown sender goes where the conversation went');
select is(pg_temp.receive('3', 'nobody@example.com', :'bert'), null, 'or nowhere');
select is(pg_temp.receive('4', 'zoe@example.com'), null, 'leads of other squads are not found');
select is(pg_temp.send('5', array['nobody@example.com'], array['DORA@example.com']), :'dora'::uuid,
    'a recipient of what goes out is the lead');
select is(pg_temp.receive('6', 'anna@example.com', p_sent_at => now() - interval '1 year'), :'anna'::uuid, 'an old message is linked too');
select is((select last_contacted_at from leads where id = :'anna'), now(), 'and does not turn back the time');

update email_messages set lead_id = :'emil', from_address = 'carl@example.com' where provider_message_id = '1';
select is((select lead_id from email_messages where provider_message_id = '1'), :'emil'::uuid, 'a link made by hand stays');
update leads set archived_at = now() where id = :'dora';
select is(pg_temp.receive('7', 'dora@example.com'), null, 'archived leads get no messages');
select throws_ok(
    format('insert into email_accounts (squad_id, user_id, provider, address, credentials_ref)
            values (%L, %L, ''imap'', ''a@b.example'', ''x'')',
        :'red', :'rob'),
    '23514', null, 'an IMAP mailbox has a server');

select * from finish();
rollback;
