-- Feature "ai-knowledge".

begin;
\ir seed.psql
select plan(49);

-- A vector with one in one place: two of them are at right angles.
create function pg_temp.axis(p_axis integer) returns vector
language sql
as $$
    select array_agg(case when i = p_axis then 1 else 0 end order by i)::vector from generate_series(1, 1536) as i
$$;

-- update_lead_memory

insert into messages (squad_id, lead_id, user_id, channel, direction, body, sent_at) values
    (:'red', :'anna', :'rita', 'email', 'outbound', 'Hello Anna', now() - interval '3 days'),
    (:'red', :'anna', null, 'whatsapp', 'inbound', 'What does it cost?', now() - interval '2 days');
select is(
    (select (interaction_count, last_channel, open_question, jsonb_array_length(recent_excerpts))::text
     from lead_context_summaries where lead_id = :'anna'),
    '(2,whatsapp,"What does it cost?",2)', 'the memory counts messages and keeps the open question');
select is(
    (select recent_excerpts #>> '{0,text}' from lead_context_summaries where lead_id = :'anna'),
    'What does it cost?', 'the newest excerpt comes first');

insert into messages (squad_id, lead_id, channel, direction, body, sent_at)
values (:'red', :'anna', 'email', 'outbound', 'An older one, imported', now() - interval '9 days');
select is(
    (select (last_channel, open_question)::text from lead_context_summaries where lead_id = :'anna'),
    '(whatsapp,"What does it cost?")', 'an older message does not answer the question, nor is it the last one');

insert into messages (squad_id, lead_id, channel, direction, body, sent_at)
values (:'red', :'anna', 'whatsapp', 'outbound', '49 euros', now() - interval '1 day');
select is((select open_question from lead_context_summaries where lead_id = :'anna'), null, 'an answer closes the question');

insert into activities (squad_id, lead_id, kind, subject) values (:'red', :'anna', 'call', 'Called');
insert into notes (squad_id, lead_id, author_id, body, is_private) values
    (:'red', :'anna', :'rita', 'Likes mountains', false), (:'red', :'anna', :'rita', 'A secret', true);
select is((select interaction_count from lead_context_summaries where lead_id = :'anna'), 6, 'activities and notes count');
select is_empty(
    $$select from lead_context_summaries where recent_excerpts::text like '%secret%'$$, 'private notes are not remembered');

insert into messages (squad_id, lead_id, channel, direction, body, sent_at)
select :'red', :'anna', 'sms', 'outbound', 'No ' || i, now() + i * interval '1 second' from generate_series(1, 12) as i;
select is(
    (select (jsonb_array_length(recent_excerpts), recent_excerpts #>> '{0,text}', recent_excerpts #>> '{9,text}')::text
     from lead_context_summaries where lead_id = :'anna'),
    '(10,"No 12","No 3")', 'the memory keeps the last ten');

-- log_ai_output_compliance

create function pg_temp.verdict(p_body text) returns text
language plpgsql
as $$
declare
    v_id uuid;
begin
    insert into ai_recommendations (squad_id, lead_id, kind, title, body)
    select l.squad_id, l.id, 'content', 'A post', p_body from leads l where l.first_name = 'Anna'
    returning id into v_id;
    return (select c.verdict || ' ' || c.rules::text from compliance_logs c where c.source_id = v_id::text order by c.id desc limit 1);
end
$$;

select is(pg_temp.verdict('Shall we talk on Monday?'), 'passed {}', 'harmless text passes');
select is(pg_temp.verdict('You will earn up to 5.000 € a month'), 'blocked {income_claim}', 'promised income is blocked');
select is(pg_temp.verdict('Make $2,000 from home'), 'blocked {income_claim}', 'in dollars as well');
select is(pg_temp.verdict('I guarantee you success'), 'blocked {guaranteed_result}', 'guarantees are blocked');
select is(pg_temp.verdict('This tea cures diabetes'), 'blocked {health_claim}', 'cures are blocked');
select is(pg_temp.verdict('It is risk-free, act now'), 'flagged {pressure,risk_free}', 'pressure and "without risk" are flagged');
select is(pg_temp.verdict('The cure of our team is a treat'), 'passed {}', 'a word alone is no claim');
select is(
    (select c.excerpt from compliance_logs c where c.rules = '{health_claim}'), 'This tea cures diabetes', 'the log shows what it found');

insert into ai_coaching_sessions (squad_id, user_id, topic) values (:'red', :'rita', 'Objections');
select is_empty($$select from compliance_logs where source_table = 'ai_coaching_sessions'$$, 'no text, no verdict');
update ai_coaching_sessions set feedback = 'Never say that it heals pain' where topic = 'Objections';
select is(
    (select (lead_id, verdict)::text from compliance_logs where source_table = 'ai_coaching_sessions'),
    '(,blocked)', 'a text that comes later has its verdict then, and needs no lead');
select is(
    (select lead_id from compliance_logs where rules = '{health_claim}' and source_table = 'ai_recommendations'),
    :'anna'::uuid, 'a verdict names the lead');

-- generate_disg_recommendations

insert into personality_profiles (squad_id, lead_id, dominance, influence, steadiness, conscientiousness, confidence) values
    (:'red', :'anna', 80, 30, 20, 40, 1.0), (:'red', :'bert', 10, 50, 20, 90, 0.5);
select results_eq(
    $$select disg_type from personality_profiles order by dominance desc$$, array['D', 'G'], 'the type is the strongest trait');
select results_eq(
    format('select title, priority from generate_disg_recommendations(%L)', :'anna'),
    $$values ('Come to the point', 80::smallint), ('Keep it short', 60::smallint)$$, 'advice for D');
select results_eq(
    format('select title, priority, user_id from generate_disg_recommendations(%L)', :'bert'),
    format($$values ('Bring the facts', 60::smallint, %L::uuid), ('Answer every question', 45::smallint, %1$L)$$, :'rita'),
    'advice for G, of less weight where the type is uncertain, and for the owner of the lead');
select is((select count(*) from generate_disg_recommendations(:'anna')), 2::bigint, 'advice can be asked for again');
select is(
    (select (count(*) filter (where status = 'open'), count(*) filter (where status = 'expired'))::text
     from ai_recommendations where lead_id = :'anna' and kind = 'communication'),
    '(2,2)', 'and takes the place of the old one');
select is(
    (select count(*) from ai_recommendations where lead_id = :'anna' and kind = 'content' and status = 'expired'),
    0::bigint, 'of its own kind');
select throws_ok(
    format('select generate_disg_recommendations(%L)', :'carl'), 'P0002', null, 'without a profile there is no advice');

-- recommend_followup_actions

update leads set owner_id = :'rob' where id in (:'anna', :'bert', :'carl', :'dora', :'emil');
delete from messages;
insert into messages (squad_id, lead_id, channel, direction, body, sent_at) values
    (:'red', :'anna', 'whatsapp', 'outbound', '...', now() - interval '2 days'),
    (:'red', :'anna', 'whatsapp', 'inbound', '...', now() - interval '1 day'),
    (:'red', :'dora', 'email', 'outbound', '...', now() - interval '20 days'),
    (:'red', :'emil', 'email', 'outbound', '...', now() - interval '6 days');
select results_eq(
    format('select lead_name, action, channel::text from recommend_followup_actions(%L)', :'rob'),
    $$values ('Anna Adler', 'reply', 'whatsapp'), ('Emil Ernst', 'close', 'email'), ('Bert Baum', 'first_contact', null),
        ('Dora Dill', 'nurture', 'email')$$,
    'the last word of the lead, then the old proposal, the new one, the one that grows cold; the won one not at all');
update leads set next_follow_up_at = now() - interval '1 hour' where id in (:'anna', :'dora');
select results_eq(
    format('select lead_name, action from recommend_followup_actions(%L, 2)', :'rob'),
    $$values ('Anna Adler', 'reply'), ('Dora Dill', 'follow_up')$$, 'the most urgent reason of a lead counts, and no more than asked for');
select is_empty(format('select from recommend_followup_actions(%L)', :'rita'), 'others have nothing to do');

-- search_knowledge_base

insert into knowledge_base (squad_id, title, content, language, embedding, is_published) values
    (null, 'Shipping', 'Parcels are delivered within three days.', 'en', pg_temp.axis(1), true),
    (null, 'Refunds', 'Money is returned within fourteen days after a parcel came back.', 'en', pg_temp.axis(2), true),
    (null, 'Rückgabe', 'Pakete können innerhalb von 14 Tagen zurückgeschickt werden.', 'de', pg_temp.axis(4), true),
    (null, 'Draft', 'Parcels may travel by balloon.', 'en', pg_temp.axis(3), false);
select results_eq(
    $$select title from search_knowledge_base('delivering parcel')$$, array['Shipping'], 'words are found in other forms');
select results_eq(
    $$select title from search_knowledge_base('Paket')$$, array['Rückgabe'], 'each article in its own language');
select bag_eq(
    $$select title from search_knowledge_base('parcel')$$, array['Shipping', 'Refunds'], 'what is not published is not found');
select results_eq(
    $$select title from search_knowledge_base('parcel -refunds -money')$$, array['Shipping'], 'the syntax is that of a web search');
select results_eq(
    $$select title, similarity from search_knowledge_base('nothing of the kind', pg_temp.axis(1), 1)$$,
    $$values ('Shipping', 1::double precision)$$, 'meaning finds what words do not');
select is(
    (select title from search_knowledge_base('returned parcel', pg_temp.axis(1)) limit 1), 'Refunds',
    'an article that both find comes before what one finds');
select matches(
    (select excerpt from search_knowledge_base('parcels') where title = 'Shipping'), '«Parcels»', 'the excerpt shows what was found');
select is_empty($$select from search_knowledge_base('')$$, 'no question, no answer');

-- find_objection_response

insert into objection_library (squad_id, category, objection, response, times_used, times_helped, is_active) values
    (null, 'price', 'That is too expensive for me', 'Compared to what?', 100, 90, true),
    (null, 'price', 'That is too expensive for me', 'It is on sale.', 10, 1, true),
    (null, 'time', 'I have no time for this', 'How much time would be fine?', 5, 3, true),
    (null, 'price', 'Way too expensive', 'Old answer', 9, 9, false);
select results_eq(
    $$select response, success_rate from find_objection_response('Honestly, your price sounds too expensive')$$,
    $$values ('Compared to what?', 0.8922), ('It is on sale.', 0.1667)$$, 'any word counts, and what helped more comes first');
select results_eq(
    $$select category from find_objection_response('There is no time left', 1)$$, array['time'], 'the best one, when one is asked for');
select is_empty($$select from find_objection_response('the and of')$$, 'words without a meaning find nothing');

-- recommend_upsells

insert into products (squad_id, sku, name, category, price, is_active) values
    (:'red', 'T1', 'Tea', 'drinks', 10, true), (:'red', 'T2', 'Finer tea', 'drinks', 20, true),
    (:'red', 'T3', 'Other tea', 'drinks', 10, true),
    (:'red', 'C1', 'Cup', 'dishes', 15, true), (:'red', 'P1', 'Pot', 'dishes', 40, true), (:'red', 'X1', 'Gone', 'drinks', 99, false);
create function pg_temp.did(p_lead uuid, p_sku text, p_kind text) returns void
language sql
as $$
    insert into lead_product_interactions (squad_id, lead_id, product_id, kind)
    select p.squad_id, p_lead, p.id, p_kind from products p where p.sku = p_sku
$$;
select pg_temp.did(lead::uuid, sku, kind) from (values
    (:'anna', 'T1', 'purchased'), (:'anna', 'P1', 'viewed'),
    (:'bert', 'T1', 'purchased'), (:'bert', 'C1', 'purchased'), (:'carl', 'T1', 'purchased'), (:'carl', 'C1', 'purchased'),
    (:'dora', 'C1', 'purchased')
) as did (lead, sku, kind) \g /dev/null
select results_eq(
    format('select name, score, reason from recommend_upsells(%L)', :'anna'),
    $$values ('Cup', 6.00, 'bought together'), ('Finer tea', 1.50, 'next better'), ('Pot', 1.00, 'interest')$$,
    'what others bought with it, the better one, what was looked at');
select pg_temp.did(:'anna', 'C1', 'purchased') \g /dev/null
select results_eq(
    format('select name from recommend_upsells(%L, 1)', :'anna'), array['Pot'], 'what the lead has is not offered');
select pg_temp.did(:'anna', 'T1', 'returned') \g /dev/null
select is_empty(
    format($$select from recommend_upsells(%L) where reason like '%%next better%%' and name = 'Finer tea'$$, :'anna'),
    'what was returned is no reason for the better one');
select is_empty(format('select from recommend_upsells(%L)', :'zoe'), 'whoever bought nothing is offered nothing');

-- Constraints

select throws_ok(
    format('insert into success_stories (squad_id, title, story, is_published) values (%L, ''A'', ''B'', true)', :'red'),
    '23514', null, 'no story without consent');
select throws_ok(
    format($$insert into lead_product_interactions (squad_id, lead_id, product_id, kind)
             select %L, %L, id, 'viewed' from products limit 1$$, :'blue', :'zoe'),
    '23503', null, 'no product of another squad');
select throws_ok(
    format('insert into bant_assessments (squad_id, lead_id, budget, authority, need, timeline)
            values (%L, %L, 101, 0, 0, 0)', :'red', :'anna'),
    '23514', null, 'no assessment above 100');
insert into lead_embeddings (squad_id, lead_id, source_kind, source_id, content, embedding)
values (:'red', :'anna', 'note', :'anna', 'Likes mountains', pg_temp.axis(5)),
    (:'red', :'bert', 'note', :'bert', 'Likes the sea', pg_temp.axis(6));
select is(
    (select content from lead_embeddings order by embedding <=> pg_temp.axis(6) limit 1), 'Likes the sea', 'the nearest memory is found');

select ok(
    (select amname = 'hnsw' from pg_class c join pg_am a on a.oid = c.relam where c.oid = 'knowledge_base_embedding_idx'::regclass),
    'the library has an HNSW index');
select ok(
    (select amname = 'hnsw' from pg_class c join pg_am a on a.oid = c.relam where c.oid = 'lead_embeddings_embedding_idx'::regclass),
    'and so has the memory of leads');

select * from finish();
rollback;
