-- Sales Flow, feature "ai-knowledge": what the assistant knows (of each lead, and from the squad's library) and what it says.
--
-- PostgreSQL 12 to 18 with pgvector 0.5 or later, whose HNSW indexes need no training on rows that are not there yet; core.sql comes
-- first.
--
-- The database calls no model. Embeddings come from the application, 1536 numbers each, of one model at a time: vectors of two models
-- are not comparable, so a change of model is a new column, never a mix.

create extension if not exists vector;

-- Tables: what is known of a lead

create table lead_context_summaries (
    lead_id uuid primary key,
    squad_id uuid not null,
    summary text,
    interaction_count integer not null default 0,
    last_interaction_at timestamptz,
    last_inbound_at timestamptz,
    last_outbound_at timestamptz,
    last_channel text,
    open_question text,
    recent_excerpts jsonb not null default '[]',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint lead_context_summaries_lead_fkey foreign key (lead_id, squad_id) references leads (id, squad_id) on delete cascade,
    check (interaction_count >= 0),
    check (jsonb_typeof(recent_excerpts) = 'array')
);

create table lead_embeddings (
    id bigint generated always as identity primary key,
    squad_id uuid not null,
    lead_id uuid not null,
    source_kind text not null,
    source_id uuid not null,
    chunk integer not null default 0,
    content text not null,
    embedding vector(1536) not null,
    created_at timestamptz not null default now(),
    constraint lead_embeddings_lead_fkey foreign key (lead_id, squad_id) references leads (id, squad_id) on delete cascade,
    constraint lead_embeddings_source_kind_known check (source_kind in ('summary', 'message', 'note', 'transcript', 'profile')),
    constraint lead_embeddings_source_key unique (lead_id, source_kind, source_id, chunk),
    check (chunk >= 0)
);

create table bant_assessments (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null,
    lead_id uuid not null,
    assessed_by uuid references users (id) on delete set null,
    budget smallint not null,
    authority smallint not null,
    need smallint not null,
    timeline smallint not null,
    total smallint generated always as ((budget + authority + need + timeline) / 4) stored,
    comment text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint bant_assessments_lead_key unique (lead_id, squad_id),
    constraint bant_assessments_lead_fkey foreign key (lead_id, squad_id) references leads (id, squad_id) on delete cascade,
    constraint bant_assessments_range check (least(budget, authority, need, timeline) >= 0
        and greatest(budget, authority, need, timeline) <= 100)
);

create table personality_profiles (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null,
    lead_id uuid not null,
    dominance smallint not null,
    influence smallint not null,
    steadiness smallint not null,
    conscientiousness smallint not null,
    disg_type text not null generated always as (
        case greatest(dominance, influence, steadiness, conscientiousness)
            when dominance then 'D'
            when influence then 'I'
            when steadiness then 'S'
            else 'G'
        end) stored,
    confidence numeric(3, 2) not null default 0.5,
    source text not null default 'messages',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint personality_profiles_lead_key unique (lead_id, squad_id),
    constraint personality_profiles_lead_fkey foreign key (lead_id, squad_id) references leads (id, squad_id) on delete cascade,
    constraint personality_profiles_range check (least(dominance, influence, steadiness, conscientiousness) >= 0
        and greatest(dominance, influence, steadiness, conscientiousness) <= 100),
    constraint personality_profiles_source_known check (source in ('messages', 'questionnaire', 'user')),
    check (confidence between 0 and 1)
);

-- Tables: what the assistant says, and whether it may

create table ai_recommendations (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null,
    lead_id uuid not null,
    user_id uuid references users (id) on delete set null,
    kind text not null,
    title text not null,
    body text not null,
    priority smallint not null default 50,
    status text not null default 'open',
    model text,
    expires_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint ai_recommendations_lead_fkey foreign key (lead_id, squad_id) references leads (id, squad_id) on delete cascade,
    constraint ai_recommendations_kind_known check (kind in ('communication', 'follow_up', 'upsell', 'objection', 'content')),
    constraint ai_recommendations_status_known check (status in ('open', 'accepted', 'dismissed', 'expired')),
    check (priority between 0 and 100)
);

create table ai_coaching_sessions (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null references squads (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    lead_id uuid references leads (id) on delete set null,
    topic text not null,
    feedback text,
    rating smallint,
    started_at timestamptz not null default now(),
    ended_at timestamptz,
    created_at timestamptz not null default now(),
    check (rating between 1 and 5),
    check (ended_at >= started_at)
);

create table compliance_logs (
    id bigint generated always as identity primary key,
    squad_id uuid not null references squads (id) on delete cascade,
    lead_id uuid references leads (id) on delete set null,
    source_table text not null,
    source_id text not null,
    verdict text not null,
    rules text[] not null default '{}',
    excerpt text,
    checked_at timestamptz not null default now(),
    constraint compliance_logs_verdict_known check (verdict in ('passed', 'flagged', 'blocked')),
    constraint compliance_logs_verdict_has_rules check ((verdict = 'passed') = (rules = '{}'))
);

-- Tables: what works for the squad

create table success_patterns (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null references squads (id) on delete cascade,
    name text not null,
    description text not null,
    conditions jsonb not null default '{}',
    tried integer not null default 0,
    succeeded integer not null default 0,
    success_rate numeric(5, 4) generated always as (case when tried > 0 then succeeded::numeric / tried end) stored,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint success_patterns_name_key unique (squad_id, name),
    constraint success_patterns_counts check (succeeded between 0 and tried)
);

create table playbook_executions (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null,
    lead_id uuid not null,
    user_id uuid references users (id) on delete set null,
    pattern_id uuid references success_patterns (id) on delete set null,
    playbook text not null,
    step integer not null default 1,
    steps integer not null,
    status text not null default 'running',
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    updated_at timestamptz not null default now(),
    constraint playbook_executions_lead_fkey foreign key (lead_id, squad_id) references leads (id, squad_id) on delete cascade,
    constraint playbook_executions_status_known check (status in ('running', 'succeeded', 'failed', 'abandoned')),
    constraint playbook_executions_finished check ((status = 'running') = (finished_at is null)),
    constraint playbook_executions_step_range check (step between 1 and steps)
);

create table channel_performance_metrics (
    squad_id uuid not null references squads (id) on delete cascade,
    channel message_channel not null,
    day date not null,
    sent integer not null default 0,
    replied integer not null default 0,
    converted integer not null default 0,
    updated_at timestamptz not null default now(),
    primary key (squad_id, channel, day),
    constraint channel_performance_metrics_counts check (sent >= 0 and replied between 0 and sent and converted between 0 and sent)
);

-- Tables: the library. A row without a squad is the product's own and everybody's to read.

create table knowledge_base (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid references squads (id) on delete cascade,
    author_id uuid references users (id) on delete set null,
    title text not null,
    content text not null,
    category text not null default 'general',
    language text not null default 'en',
    tags text[] not null default '{}',
    is_published boolean not null default true,
    -- A column of type regconfig would say the language better, and would keep pg_upgrade from upgrading the database.
    search tsvector generated always as (
        case language
            when 'de' then setweight(to_tsvector('german', title), 'A') || setweight(to_tsvector('german', content), 'B')
            else setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', content), 'B')
        end) stored,
    embedding vector(1536),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint knowledge_base_language_known check (language in ('de', 'en')),
    check (title <> ''),
    check (content <> '')
);

create table objection_library (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid references squads (id) on delete cascade,
    category text not null,
    objection text not null,
    response text not null,
    language text not null default 'en',
    times_used integer not null default 0,
    times_helped integer not null default 0,
    is_active boolean not null default true,
    search tsvector generated always as (
        case language when 'de' then to_tsvector('german', objection) else to_tsvector('english', objection) end) stored,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint objection_library_category_known check (category in ('price', 'time', 'trust', 'need', 'competition', 'other')),
    constraint objection_library_language_known check (language in ('de', 'en')),
    constraint objection_library_counts check (times_helped between 0 and times_used)
);

create table products (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null references squads (id) on delete cascade,
    sku text not null,
    name text not null,
    description text,
    category text not null default 'general',
    price numeric(12, 2) not null,
    currency text not null default 'EUR',
    is_active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint products_sku_key unique (squad_id, sku),
    constraint products_id_squad_id_key unique (id, squad_id),
    constraint products_currency_format check (currency ~ '^[A-Z]{3}$'),
    check (price >= 0)
);

create table lead_product_interactions (
    id bigint generated always as identity primary key,
    squad_id uuid not null,
    lead_id uuid not null,
    product_id uuid not null,
    kind text not null,
    quantity integer not null default 1,
    amount numeric(12, 2),
    occurred_at timestamptz not null default now(),
    constraint lead_product_interactions_lead_fkey foreign key (lead_id, squad_id) references leads (id, squad_id) on delete cascade,
    constraint lead_product_interactions_product_fkey
        foreign key (product_id, squad_id) references products (id, squad_id) on delete cascade,
    constraint lead_product_interactions_kind_known check (kind in ('viewed', 'asked', 'offered', 'purchased', 'returned')),
    check (quantity > 0),
    check (amount >= 0)
);

create table success_stories (
    id uuid primary key default uuid_generate_v4(),
    squad_id uuid not null references squads (id) on delete cascade,
    product_id uuid references products (id) on delete set null,
    lead_id uuid references leads (id) on delete set null,
    title text not null,
    story text not null,
    consent_given_on date,
    is_published boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint success_stories_published_with_consent check (not is_published or consent_given_on is not null),
    check (story <> '')
);

-- Indexes

create index lead_context_summaries_lead_idx on lead_context_summaries (squad_id, lead_id);
create index lead_embeddings_lead_idx on lead_embeddings (squad_id, lead_id);
create index lead_embeddings_embedding_idx on lead_embeddings using hnsw (embedding vector_cosine_ops);
create index bant_assessments_squad_idx on bant_assessments (squad_id, total desc);
create index bant_assessments_assessed_by_idx on bant_assessments (assessed_by);
create index personality_profiles_squad_idx on personality_profiles (squad_id, disg_type);
create index ai_recommendations_lead_idx on ai_recommendations (squad_id, lead_id, created_at desc);
create index ai_recommendations_user_idx on ai_recommendations (user_id);
create index ai_recommendations_open_idx on ai_recommendations (squad_id, priority desc) where status = 'open';
create index ai_coaching_sessions_squad_idx on ai_coaching_sessions (squad_id, started_at desc);
create index ai_coaching_sessions_user_idx on ai_coaching_sessions (user_id, started_at desc);
create index ai_coaching_sessions_lead_idx on ai_coaching_sessions (lead_id);
create index compliance_logs_squad_idx on compliance_logs (squad_id, checked_at desc);
create index compliance_logs_lead_idx on compliance_logs (lead_id);
create index playbook_executions_lead_idx on playbook_executions (squad_id, lead_id);
create index playbook_executions_user_idx on playbook_executions (user_id);
create index playbook_executions_pattern_idx on playbook_executions (pattern_id);
create index knowledge_base_squad_idx on knowledge_base (squad_id, category);
create index knowledge_base_author_idx on knowledge_base (author_id);
create index knowledge_base_search_idx on knowledge_base using gin (search);
create index knowledge_base_tags_idx on knowledge_base using gin (tags);
create index knowledge_base_embedding_idx on knowledge_base using hnsw (embedding vector_cosine_ops);
create index objection_library_squad_idx on objection_library (squad_id, category);
create index objection_library_search_idx on objection_library using gin (search);
create index products_active_idx on products (squad_id, category, price) where is_active;
create index lead_product_interactions_lead_idx on lead_product_interactions (squad_id, lead_id, occurred_at desc);
create index lead_product_interactions_product_idx on lead_product_interactions (product_id, squad_id, kind);
create index success_stories_squad_idx on success_stories (squad_id, created_at desc);
create index success_stories_product_idx on success_stories (product_id);
create index success_stories_lead_idx on success_stories (lead_id);

-- The memory of a lead: one row that grows with each message, activity and note, so that a prompt is made from one read. Private notes
-- stay out of it, because the memory is the squad's. The trigger is "after": what another trigger refuses is not remembered.

create function update_lead_memory() returns trigger
language plpgsql
as $$
declare
    v_row jsonb := to_jsonb(new);
    v_text text;
    v_channel text;
    v_direction text;
    v_at timestamptz;
    v_excerpt jsonb;
begin
    case tg_table_name
        when 'messages' then
            v_text := v_row ->> 'body';
            v_channel := v_row ->> 'channel';
            v_direction := v_row ->> 'direction';
            v_at := (v_row ->> 'sent_at')::timestamptz;
        when 'activities' then
            v_text := v_row ->> 'subject';
            v_channel := v_row ->> 'kind';
            v_at := coalesce((v_row ->> 'completed_at')::timestamptz, (v_row ->> 'created_at')::timestamptz);
        when 'notes' then
            v_text := v_row ->> 'body';
            v_channel := 'note';
            v_at := (v_row ->> 'created_at')::timestamptz;
        else
            raise exception 'update_lead_memory() does not know the table %', tg_table_name using errcode = 'feature_not_supported';
    end case;

    v_excerpt := jsonb_build_object('at', v_at, 'channel', v_channel, 'direction', v_direction, 'text', left(v_text, 280));

    insert into lead_context_summaries as s (
        lead_id, squad_id, interaction_count, last_interaction_at, last_inbound_at, last_outbound_at, last_channel, open_question,
        recent_excerpts)
    values (
        new.lead_id, new.squad_id, 1, v_at,
        case when v_direction = 'inbound' then v_at end,
        case when v_direction = 'outbound' then v_at end,
        v_channel,
        case when v_direction = 'inbound' and v_text like '%?%' then left(v_text, 280) end,
        jsonb_build_array(v_excerpt))
    on conflict (lead_id) do update set
        interaction_count = s.interaction_count + 1,
        last_interaction_at = greatest(s.last_interaction_at, excluded.last_interaction_at),
        last_inbound_at = greatest(s.last_inbound_at, excluded.last_inbound_at),
        last_outbound_at = greatest(s.last_outbound_at, excluded.last_outbound_at),
        last_channel = case
            when excluded.last_interaction_at >= s.last_interaction_at then excluded.last_channel
            else s.last_channel
        end,
        -- A later answer of ours closes the question. An import may bring messages in any order.
        open_question = case
            when v_direction = 'outbound' and v_at > s.last_inbound_at then null
            when v_direction = 'inbound' and v_text like '%?%' and v_at > coalesce(s.last_outbound_at, '-infinity')
                then excluded.open_question
            else s.open_question
        end,
        recent_excerpts = (
            select jsonb_agg(e.excerpt order by e.at desc)
            from (
                select x.excerpt, (x.excerpt ->> 'at')::timestamptz as at
                from jsonb_array_elements(s.recent_excerpts || excluded.recent_excerpts) as x (excerpt)
                order by 2 desc
                limit 10
            ) as e
        );

    return null;
end
$$;

comment on function update_lead_memory() is
    'Trigger after insert on messages, activities and notes: keeps lead_context_summaries, with the last ten excerpts, newest first.';

create trigger messages_update_lead_memory after insert on messages
    for each row execute function update_lead_memory();

create trigger activities_update_lead_memory after insert on activities
    for each row execute function update_lead_memory();

create trigger notes_update_lead_memory after insert on notes
    for each row when (not new.is_private)
    execute function update_lead_memory();

-- What a model wrote is checked against what a seller of a network must not promise: income, cures, returns without risk, pressure.
-- The check names the rule, it does not judge: a flagged text goes to a person, a blocked one is not to be sent.

create function log_ai_output_compliance() returns trigger
language plpgsql
as $$
declare
    v_row jsonb := to_jsonb(new);
    v_text text := v_row ->> tg_argv[0];
    v_rules text[];
    v_blocked boolean;
    v_excerpt text;
begin
    if v_text is null then
        return null;
    end if;

    select
        coalesce(array_agg(r.code order by r.code), '{}'),
        coalesce(bool_or(r.blocks), false),
        (array_agg(substring(v_text from '(?i).{0,60}' || r.pattern || '.{0,60}') order by r.blocks desc, r.code))[1]
    into v_rules, v_blocked, v_excerpt
    from (values
        ('income_claim', true, '\m(?:earn|make)\M.{0,40}(?:[€$]\s?\d|\d[\d.,]*\s?(?:€|\$|(?:euros?|dollars?)\M))'),
        ('guaranteed_result', true, '\mguarantee[ds]?\M.{0,30}\m(?:income|success|profit|results?|returns?)\M'),
        ('health_claim', true, '\m(?:cures?|heals?|treats?)\M.{0,40}\m(?:cancer|diabetes|depression|disease|pain)\M'),
        ('risk_free', false, '\m(?:risk[- ]?free|no risk|without (?:any )?risk|passive income)\M'),
        ('pressure', false, '\m(?:last chance|act now|only today|before it is too late)\M')
    ) as r (code, blocks, pattern)
    where v_text ~* r.pattern;

    insert into compliance_logs (squad_id, lead_id, source_table, source_id, verdict, rules, excerpt)
    values (
        new.squad_id,
        (v_row ->> 'lead_id')::uuid,
        tg_table_name,
        v_row ->> 'id',
        case when v_blocked then 'blocked' when v_rules <> '{}' then 'flagged' else 'passed' end,
        v_rules,
        v_excerpt);

    return null;
end
$$;

comment on function log_ai_output_compliance() is
    'Trigger after insert or update of a column with a model''s text; the argument names it. Writes the verdict to compliance_logs.';

create trigger ai_recommendations_log_compliance after insert or update of body on ai_recommendations
    for each row execute function log_ai_output_compliance('body');

create trigger ai_coaching_sessions_log_compliance after insert or update of feedback on ai_coaching_sessions
    for each row execute function log_ai_output_compliance('feedback');

-- How to talk to a lead, by the strongest of the four DISG traits (dominant, influencing, steady, conscientious). New advice takes the
-- place of what is still open from the last time.

create function generate_disg_recommendations(p_lead_id uuid) returns setof ai_recommendations
language plpgsql
as $$
declare
    v_profile personality_profiles%rowtype;
begin
    select * into v_profile from personality_profiles p where p.lead_id = p_lead_id;
    if not found then
        raise exception 'there is no personality profile of the lead %', p_lead_id using errcode = 'no_data_found';
    end if;

    update ai_recommendations r
    set status = 'expired'
    where r.lead_id = p_lead_id and r.squad_id = v_profile.squad_id and r.kind = 'communication' and r.status = 'open';

    return query
    insert into ai_recommendations (squad_id, lead_id, user_id, kind, title, body, priority, model)
    select v_profile.squad_id, p_lead_id, l.owner_id, 'communication', advice.title, advice.body,
        -- What is uncertain is advice of less weight.
        round(advice.priority * (0.5 + v_profile.confidence / 2))::smallint,
        'disg-rules'
    from leads l
    join (values
        ('D', 80, 'Come to the point', 'Open with the result and the number. Offer two options and let the lead decide.'),
        ('D', 60, 'Keep it short', 'Three sentences at most; send details only when asked for.'),
        ('I', 80, 'Start with the person', 'Ask how things are, and be enthusiastic. Tell a story of somebody whom the lead may know.'),
        ('I', 60, 'Make it visible', 'Send a picture or a voice message, and invite to an event rather than to a document.'),
        ('S', 80, 'Give time and safety', 'Explain step by step what happens next, and name who will be there to help.'),
        ('S', 60, 'Do not push', 'Agree on a date for the decision, and keep to it. Reliability convinces here.'),
        ('G', 80, 'Bring the facts', 'Send sources, figures and conditions in writing before the talk.'),
        ('G', 60, 'Answer every question', 'Expect precise questions; rather say "I will find out" than guess.')
    ) as advice (disg_type, priority, title, body) on advice.disg_type = v_profile.disg_type
    where l.id = p_lead_id
    order by advice.priority desc
    returning *;
end
$$;

comment on function generate_disg_recommendations(uuid) is
    'Writes and returns advice on how to talk to a lead, by its DISG type. Raises no_data_found for a lead without a profile.';

-- What a user should do next. Each rule speaks for itself; of several that hold for one lead, the most urgent one counts.

create function recommend_followup_actions(p_user_id uuid, p_limit integer default 20)
returns table (lead_id uuid, lead_name text, action text, reason text, priority smallint, channel message_channel)
language sql
stable
as $$
    with open_leads as (
        select l.id, l.full_name, l.status, l.score, l.created_at, l.next_follow_up_at,
            talk.last_inbound_at, talk.last_outbound_at, talk.last_channel
        from leads l
        cross join lateral (
            select
                max(m.sent_at) filter (where m.direction = 'inbound') as last_inbound_at,
                max(m.sent_at) filter (where m.direction = 'outbound') as last_outbound_at,
                (array_agg(m.channel order by m.sent_at desc))[1] as last_channel
            from messages m
            where m.squad_id = l.squad_id and m.lead_id = l.id
        ) as talk
        where l.owner_id = p_user_id and l.archived_at is null and l.status not in ('won', 'lost')
    ),
    proposals as (
        select o.*, rule.action, rule.reason, rule.priority
        from open_leads o
        cross join lateral (values
            ('reply', 'The last word was the lead''s.', 95,
                o.last_inbound_at > coalesce(o.last_outbound_at, '-infinity')),
            ('follow_up', 'The follow-up is overdue.', 85, o.next_follow_up_at < now()),
            ('close', 'The proposal is older than five days without an answer.', 80,
                o.status = 'proposal' and o.last_outbound_at < now() - interval '5 days'),
            ('first_contact', 'Nobody has written to this lead yet.', 70,
                o.status = 'new' and o.last_outbound_at is null),
            ('nurture', 'A warm lead has heard nothing for two weeks.', 60,
                o.score >= 50 and o.last_outbound_at < now() - interval '14 days')
        ) as rule (action, reason, priority, holds)
        where rule.holds
    )
    select best.id, best.full_name, best.action, best.reason, best.priority::smallint, best.last_channel
    from (
        select distinct on (p.id) p.*
        from proposals p
        order by p.id, p.priority desc
    ) as best
    order by best.priority desc, best.score desc, best.created_at, best.id
    limit p_limit
$$;

comment on function recommend_followup_actions(uuid, integer) is
    'The next action for each open lead of a user, most urgent first, with the channel of the last message.';

-- Search by words and by meaning at once. The two scores have no common scale, so that the ranks are fused (reciprocal rank fusion,
-- with the usual 60), and a text that both find comes first. Each side looks at 50 candidates: the order by distance of at most that
-- many is what the HNSW index answers. Row-level security filters what the index found: where many squads share the tables, set
-- hnsw.iterative_scan (pgvector 0.8), so that the scan goes on until enough is left.

create function search_knowledge_base(p_query text, p_embedding vector default null, p_limit integer default 10)
returns table (id uuid, title text, excerpt text, text_rank real, similarity double precision, score double precision)
language sql
stable
as $$
    with query as (
        select websearch_to_tsquery('english', p_query) as english, websearch_to_tsquery('german', p_query) as german
    ),
    by_words as (
        select k.id, ts_rank_cd(k.search, q.words) as rank,
            row_number() over (order by ts_rank_cd(k.search, q.words) desc, k.id) as position
        from query
        cross join lateral (values ('en', query.english), ('de', query.german)) as q (language, words)
        join knowledge_base k on k.language = q.language and k.search @@ q.words
        where k.is_published
        order by 2 desc
        limit 50
    ),
    nearest as (
        select k.id, k.embedding <=> p_embedding as distance
        from knowledge_base k
        where p_embedding is not null and k.embedding is not null and k.is_published
        order by k.embedding <=> p_embedding
        limit 50
    ),
    by_meaning as (
        select n.id, 1 - n.distance as similarity, row_number() over (order by n.distance, n.id) as position
        from nearest n
    )
    select k.id, k.title,
        case k.language
            when 'de' then ts_headline('german', k.content, query.german, 'StartSel=«, StopSel=», MaxWords=30, MinWords=10')
            else ts_headline('english', k.content, query.english, 'StartSel=«, StopSel=», MaxWords=30, MinWords=10')
        end,
        w.rank, m.similarity,
        (coalesce(1.0 / (60 + w.position), 0) + coalesce(1.0 / (60 + m.position), 0))::double precision as score
    from by_words w
    full join by_meaning m on m.id = w.id
    join knowledge_base k on k.id = coalesce(w.id, m.id)
    cross join query
    order by score desc, k.id
    limit p_limit
$$;

comment on function search_knowledge_base(text, vector, integer) is
    'Published knowledge for a question: full text in the syntax of a web search, and nearest vectors where an embedding is given.';

-- An objection is said in many words, of which few are in the library: any of them counts. What helped before comes first among equals;
-- one and two are added to the counts, so that one lucky use does not beat ninety good ones of a hundred.

create function find_objection_response(p_objection text, p_limit integer default 3)
returns table (id uuid, category text, objection text, response text, relevance real, success_rate numeric)
language sql
stable
as $$
    select o.id, o.category, o.objection, o.response, match.relevance, match.success_rate
    from (values
        ('en', replace(plainto_tsquery('english', p_objection)::text, '&', '|')::tsquery),
        ('de', replace(plainto_tsquery('german', p_objection)::text, '&', '|')::tsquery)
    ) as q (language, words)
    join objection_library o on o.language = q.language and o.search @@ q.words
    cross join lateral (
        select ts_rank(o.search, q.words), round((o.times_helped + 1)::numeric / (o.times_used + 2), 4)
    ) as match (relevance, success_rate)
    where o.is_active
    order by match.relevance * (0.5 + match.success_rate) desc, o.id
    limit p_limit
$$;

comment on function find_objection_response(text, integer) is
    'Answers to an objection in the words of a lead, best first: by how well the words match and how often the answer helped.';

-- What to offer next: what buyers of the same things bought as well, what the lead looked at, and the next better thing of a category
-- in which it bought.

create function recommend_upsells(p_lead_id uuid, p_limit integer default 5)
returns table (product_id uuid, name text, price numeric, score numeric, reason text)
language sql
stable
as $$
    with lead as (
        select l.id, l.squad_id from leads l where l.id = p_lead_id
    ),
    bought as (
        select i.product_id, p.category, p.price
        from lead
        join lead_product_interactions i on i.squad_id = lead.squad_id and i.lead_id = lead.id and i.kind = 'purchased'
        join products p on p.id = i.product_id
        where not exists (
            select from lead_product_interactions r
            where r.squad_id = i.squad_id and r.lead_id = i.lead_id and r.product_id = i.product_id and r.kind = 'returned'
                and r.occurred_at >= i.occurred_at)
    ),
    reasons as (
        select also.product_id, 3.0 * count(distinct also.lead_id) as points, 'bought together' as reason
        from lead
        join lead_product_interactions same on same.squad_id = lead.squad_id and same.kind = 'purchased' and same.lead_id <> lead.id
            and same.product_id in (select b.product_id from bought b)
        join lead_product_interactions also on also.squad_id = same.squad_id and also.lead_id = same.lead_id
            and also.kind = 'purchased'
        group by also.product_id
        union all
        select i.product_id, 2.0 * count(*) filter (where i.kind = 'asked') + 1.0 * count(*) filter (where i.kind = 'viewed'), 'interest'
        from lead
        join lead_product_interactions i on i.squad_id = lead.squad_id and i.lead_id = lead.id and i.kind in ('asked', 'viewed')
        group by i.product_id
        union all
        select p.id, 1.5, 'next better'
        from lead
        join products p on p.squad_id = lead.squad_id
        join (select b.category, max(b.price) as price from bought b group by b.category) as best
            on best.category = p.category and p.price > best.price
    )
    select p.id, p.name, p.price, round(sum(r.points), 2), string_agg(r.reason, ', ' order by r.points desc, r.reason)
    from reasons r
    join products p on p.id = r.product_id
    where p.is_active and not exists (select from bought b where b.product_id = p.id)
    group by p.id, p.name, p.price
    order by 4 desc, p.price desc, p.id
    limit p_limit
$$;

comment on function recommend_upsells(uuid, integer) is
    'Products that a lead does not have, with the reasons for offering them, best first. What was returned counts as not bought.';

-- Materialized views. They hold the rows of all squads and know no row-level security: grant them to jobs and reports, not to the
-- application's role. Each has a unique index over plain columns, so that it is refreshed while others read it.

-- The score adds up to 100: 30 for interest shown lately, 30 for the BANT assessment, 20 for products, 20 for how far the lead is.
create materialized view view_leads_scored as
select
    l.id as lead_id,
    l.squad_id,
    l.owner_id,
    l.status,
    scored.engagement,
    scored.qualification,
    scored.product_interest,
    scored.progress,
    (scored.engagement + scored.qualification + scored.product_interest + scored.progress)::smallint as score,
    case
        when scored.engagement + scored.qualification + scored.product_interest + scored.progress >= 70 then 'hot'
        when scored.engagement + scored.qualification + scored.product_interest + scored.progress >= 40 then 'warm'
        else 'cold'
    end as temperature
from leads l
left join (
    select m.lead_id,
        count(*) filter (where m.sent_at > now() - interval '30 days') as recent,
        max(m.sent_at) as last_at
    from messages m
    where m.direction = 'inbound'
    group by m.lead_id
) as inbound on inbound.lead_id = l.id
left join bant_assessments b on b.lead_id = l.id
left join (
    select i.lead_id,
        count(*) filter (where i.kind = 'viewed') as viewed,
        count(*) filter (where i.kind = 'asked') as asked,
        count(*) filter (where i.kind in ('offered', 'purchased')) as serious
    from lead_product_interactions i
    group by i.lead_id
) as interest on interest.lead_id = l.id
cross join lateral (
    select
        least(
            30,
            5 * coalesce(inbound.recent, 0) + case when inbound.last_at > now() - interval '7 days' then 10 else 0 end
        )::integer as engagement,
        round(coalesce(b.total, 0) * 0.3)::integer as qualification,
        least(
            20,
            2 * coalesce(interest.viewed, 0) + 5 * coalesce(interest.asked, 0) + 10 * coalesce(interest.serious, 0)
        )::integer as product_interest,
        case l.status when 'contacted' then 5 when 'qualified' then 12 when 'proposal' then 20 else 0 end as progress
) as scored
where l.archived_at is null and l.status not in ('won', 'lost');

create unique index view_leads_scored_lead_key on view_leads_scored (lead_id);
create index view_leads_scored_squad_idx on view_leads_scored (squad_id, score desc);

-- Where leads are lost on the way: how many of those who came in reached each small step.
create materialized view view_conversion_microsteps as
with steps as (
    select l.squad_id, step.position, step.name, step.reached
    from leads l
    cross join lateral (
        select
            exists (select from messages m where m.squad_id = l.squad_id and m.lead_id = l.id and m.direction = 'outbound') as written,
            exists (select from messages m where m.squad_id = l.squad_id and m.lead_id = l.id and m.direction = 'inbound') as answered,
            exists (
                select from activities a
                where a.squad_id = l.squad_id and a.lead_id = l.id and a.kind = 'meeting' and a.completed_at is not null) as met
    ) as did
    cross join lateral (values
        (1, 'lead', true),
        (2, 'first message', did.written),
        (3, 'first reply', did.answered),
        (4, 'meeting', did.met),
        (5, 'qualified', l.status in ('qualified', 'proposal', 'won')),
        (6, 'proposal', l.status in ('proposal', 'won')),
        (7, 'won', l.status = 'won')
    ) as step (position, name, reached)
),
counted as (
    select s.squad_id, s.position, s.name, count(*) filter (where s.reached) as leads
    from steps s
    group by s.squad_id, s.position, s.name
)
select
    c.squad_id,
    c.position,
    c.name,
    c.leads,
    round(c.leads::numeric / first_value(c.leads) over by_step, 4) as of_all,
    round(c.leads::numeric / nullif(lag(c.leads) over by_step, 0), 4) as of_step_before
from counted c
window by_step as (partition by c.squad_id order by c.position);

create unique index view_conversion_microsteps_key on view_conversion_microsteps (squad_id, position);

create materialized view view_personality_insights as
select
    p.squad_id,
    p.disg_type,
    count(*) as leads,
    count(*) filter (where l.status = 'won') as won,
    round(
        count(*) filter (where l.status = 'won')::numeric / nullif(count(*) filter (where l.status in ('won', 'lost')), 0),
        4
    ) as win_rate,
    round(avg(p.confidence), 2) as confidence,
    mode() within group (order by favourite.channel) as favourite_channel,
    round(avg(favourite.messages), 1) as messages_per_lead
from personality_profiles p
join leads l on l.id = p.lead_id
left join lateral (
    select mode() within group (order by m.channel) filter (where m.direction = 'inbound') as channel, count(*) as messages
    from messages m
    where m.squad_id = p.squad_id and m.lead_id = p.lead_id
) as favourite on true
group by p.squad_id, p.disg_type;

create unique index view_personality_insights_key on view_personality_insights (squad_id, disg_type);

-- Keeping updated_at

create trigger lead_context_summaries_touch_updated_at before update on lead_context_summaries
    for each row execute function touch_updated_at();

create trigger bant_assessments_touch_updated_at before update on bant_assessments
    for each row execute function touch_updated_at();

create trigger personality_profiles_touch_updated_at before update on personality_profiles
    for each row execute function touch_updated_at();

create trigger ai_recommendations_touch_updated_at before update on ai_recommendations
    for each row execute function touch_updated_at();

create trigger success_patterns_touch_updated_at before update on success_patterns
    for each row execute function touch_updated_at();

create trigger playbook_executions_touch_updated_at before update on playbook_executions
    for each row execute function touch_updated_at();

create trigger channel_performance_metrics_touch_updated_at before update on channel_performance_metrics
    for each row execute function touch_updated_at();

create trigger knowledge_base_touch_updated_at before update on knowledge_base
    for each row execute function touch_updated_at();

create trigger objection_library_touch_updated_at before update on objection_library
    for each row execute function touch_updated_at();

create trigger products_touch_updated_at before update on products
    for each row execute function touch_updated_at();

create trigger success_stories_touch_updated_at before update on success_stories
    for each row execute function touch_updated_at();

-- Row-level security

alter table lead_context_summaries enable row level security;
alter table lead_embeddings enable row level security;
alter table bant_assessments enable row level security;
alter table personality_profiles enable row level security;
alter table ai_recommendations enable row level security;
alter table ai_coaching_sessions enable row level security;
alter table compliance_logs enable row level security;
alter table success_patterns enable row level security;
alter table playbook_executions enable row level security;
alter table channel_performance_metrics enable row level security;
alter table knowledge_base enable row level security;
alter table objection_library enable row level security;
alter table products enable row level security;
alter table lead_product_interactions enable row level security;
alter table success_stories enable row level security;

create policy lead_context_summaries_squad on lead_context_summaries
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy lead_embeddings_squad on lead_embeddings
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy bant_assessments_squad on bant_assessments
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy personality_profiles_squad on personality_profiles
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy ai_recommendations_squad on ai_recommendations
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy ai_coaching_sessions_own on ai_coaching_sessions
    using (squad_id = (select current_squad_id()) and user_id = (select current_user_id()))
    with check (squad_id = (select current_squad_id()) and user_id = (select current_user_id()));

-- A log is read and added to. Without a policy for update and delete, nobody but the owner changes what is in it.
create policy compliance_logs_squad_read on compliance_logs for select
    using (squad_id = (select current_squad_id()));

create policy compliance_logs_squad_add on compliance_logs for insert
    with check (squad_id = (select current_squad_id()));

create policy success_patterns_squad on success_patterns
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy playbook_executions_squad on playbook_executions
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy channel_performance_metrics_squad on channel_performance_metrics
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy knowledge_base_squad on knowledge_base
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy knowledge_base_shared_read on knowledge_base for select
    using (squad_id is null);

create policy objection_library_squad on objection_library
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy objection_library_shared_read on objection_library for select
    using (squad_id is null);

create policy products_squad on products
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy lead_product_interactions_squad on lead_product_interactions
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy success_stories_squad on success_stories
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

-- Comments

comment on table lead_context_summaries is
    'The memory of a lead: counts, last contacts and excerpts, kept by triggers; the summary is the model''s.';
comment on table lead_embeddings is 'Pieces of what is known of a lead, as vectors for a search by meaning.';
comment on table bant_assessments is 'Budget, authority, need and timeline of a lead, each from 0 to 100.';
comment on table personality_profiles is 'The four DISG traits of a lead, each from 0 to 100.';
comment on table ai_recommendations is 'What the assistant advises on a lead, and what became of it.';
comment on table ai_coaching_sessions is 'Talks in which a user practised with the assistant; for that user alone.';
comment on table compliance_logs is 'The verdict on each text of a model; append-only.';
comment on table success_patterns is 'What a squad found to work, with how often it did.';
comment on table playbook_executions is 'A playbook on its way with a lead.';
comment on table channel_performance_metrics is 'Messages, replies and deals of a channel on a day.';
comment on table knowledge_base is 'Articles that the assistant and the users look up; those without a squad are everybody''s.';
comment on table objection_library is 'Objections and answers, with how often an answer helped; those without a squad are everybody''s.';
comment on table products is 'What a squad sells.';
comment on table lead_product_interactions is 'What a lead did with a product.';
comment on table success_stories is 'Stories of customers; published with their consent only.';
comment on column lead_context_summaries.open_question is 'The last question of the lead, until somebody answers.';
comment on column personality_profiles.disg_type is 'The strongest trait; of equal ones the first of D, I, S, G.';
comment on column knowledge_base.embedding is 'Null until the application has computed it: the article is then found by its words only.';
