-- Sales Flow, feature "network-marketing": the tree of squads, who knows whom among the leads, and what they share.
--
-- PostgreSQL 12 to 18; core.sql comes first.

-- Tables

create table squad_hierarchy (
    squad_id uuid primary key references squads (id) on delete cascade,
    -- A tree that loses a squad in the middle is to be mended by a person, who decides where the squads below go.
    parent_squad_id uuid references squads (id) on delete restrict,
    joined_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint squad_hierarchy_not_own_parent check (parent_squad_id <> squad_id)
);

-- A relationship has no direction: it is kept once, with the smaller id first.
create table lead_relationships (
    squad_id uuid not null,
    lead_id uuid not null,
    related_lead_id uuid not null,
    kind text not null,
    strength numeric(3, 2) not null default 0.5,
    source text not null default 'user',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (lead_id, related_lead_id),
    constraint lead_relationships_lead_fkey foreign key (lead_id, squad_id) references leads (id, squad_id) on delete cascade,
    constraint lead_relationships_related_fkey foreign key (related_lead_id, squad_id) references leads (id, squad_id) on delete cascade,
    constraint lead_relationships_kind_known check (kind in ('family', 'friend', 'colleague', 'customer', 'referral', 'follows')),
    constraint lead_relationships_source_known check (source in ('user', 'social', 'import')),
    constraint lead_relationships_ordered check (lead_id < related_lead_id),
    check (strength > 0 and strength <= 1)
);

create table lead_content_references (
    id bigint generated always as identity primary key,
    squad_id uuid not null,
    lead_id uuid not null,
    shared_by uuid references users (id) on delete set null,
    kind text not null,
    title text not null,
    url text,
    opened_at timestamptz,
    shared_at timestamptz not null default now(),
    constraint lead_content_references_lead_fkey foreign key (lead_id, squad_id) references leads (id, squad_id) on delete cascade,
    constraint lead_content_references_kind_known check (kind in ('post', 'video', 'article', 'event', 'document', 'story')),
    constraint lead_content_references_url_format check (url ~ '^https?://'),
    check (opened_at >= shared_at)
);

-- Indexes

create index squad_hierarchy_parent_idx on squad_hierarchy (parent_squad_id);
create index lead_relationships_lead_idx on lead_relationships (squad_id, lead_id);
create index lead_relationships_related_idx on lead_relationships (related_lead_id, squad_id);
create index lead_content_references_lead_idx on lead_content_references (squad_id, lead_id, shared_at desc);
create index lead_content_references_shared_by_idx on lead_content_references (shared_by);

-- How many people are in a squad and in all squads below it. Those below are other tenants, whose rows a squad does not see: only their
-- number is told, and only upwards. That takes the owner's rights, and so a search_path that no caller can change: where the tables are
-- in another schema than public, say so here. "union" also ends the walk where somebody made a circle of the tree. Grant it to the
-- application's role.

create function calculate_team_size(p_squad_id uuid) returns bigint
language plpgsql
stable
security definer
set search_path = public, pg_temp
as $$
declare
    v_size bigint;
    v_may_see boolean;
begin
    with recursive team as (
        select p_squad_id as squad_id
        union
        select h.squad_id
        from team
        join squad_hierarchy h on h.parent_squad_id = team.squad_id
    )
    select count(u.id)
    into v_size
    from team
    join users u on u.squad_id = team.squad_id and u.is_active;

    if current_squad_id() is null then
        return v_size;
    end if;

    with recursive above as (
        select p_squad_id as squad_id
        union
        select h.parent_squad_id
        from above
        join squad_hierarchy h on h.squad_id = above.squad_id
        where h.parent_squad_id is not null
    )
    select exists (select from above where above.squad_id = current_squad_id()) into v_may_see;

    if not v_may_see then
        raise exception 'the squad % is not in the team of your squad', p_squad_id using errcode = 'insufficient_privilege';
    end if;

    return v_size;
end
$$;

comment on function calculate_team_size(uuid) is
    'Active users of a squad and of all squads below it. The application may ask for its own squad and for those below.';

revoke execute on function calculate_team_size(uuid) from public;

-- Both directions of a relationship are looked up. "union" drops what was reached before at the same depth, so that a dense network
-- costs its leads times the depth, and not every path through it.

create function get_lead_network(p_lead_id uuid, p_max_depth integer default 3)
returns table (lead_id uuid, full_name text, depth integer, connections bigint)
language sql
stable
as $$
    with recursive network as (
        select l.id, l.squad_id, 0 as depth
        from leads l
        where l.id = p_lead_id
        union
        select next.id, network.squad_id, network.depth + 1
        from network
        cross join lateral (
            select r.related_lead_id as id
            from lead_relationships r
            where r.squad_id = network.squad_id and r.lead_id = network.id
            union all
            select r.lead_id
            from lead_relationships r
            where r.squad_id = network.squad_id and r.related_lead_id = network.id
        ) as next
        where network.depth < least(p_max_depth, 6)
    ),
    nearest as (
        select n.id, n.squad_id, min(n.depth) as depth
        from network n
        group by n.id, n.squad_id
    )
    select l.id, l.full_name, n.depth,
        (select count(*) from lead_relationships r where r.squad_id = n.squad_id and n.id in (r.lead_id, r.related_lead_id))
    from nearest n
    join leads l on l.id = n.id
    where n.depth > 0 and l.archived_at is null
    order by n.depth, 4 desc, l.id
$$;

comment on function get_lead_network(uuid, integer) is
    'The leads around a lead with the shortest distance to each, up to a depth of six, and how many they know themselves.';

create function find_common_connections(p_lead_id uuid, p_other_lead_id uuid)
returns table (lead_id uuid, full_name text, strength numeric)
language sql
stable
as $$
    with connections as (
        select r.lead_id as lead_id, r.related_lead_id as knows, r.strength from lead_relationships r
        union all
        select r.related_lead_id, r.lead_id, r.strength from lead_relationships r
    )
    select l.id, l.full_name, round(a.strength * b.strength, 4)
    from connections a
    join connections b on b.knows = a.knows
    join leads l on l.id = a.knows
    where a.lead_id = p_lead_id and b.lead_id = p_other_lead_id and l.archived_at is null
    order by 3 desc, l.id
$$;

comment on function find_common_connections(uuid, uuid) is
    'Leads whom both know, the strongest way between the two first: the product of the two strengths.';

-- Whoever writes a pair, or merges leads, need not care which id is the smaller one.

create function order_lead_pair() returns trigger
language plpgsql
as $$
declare
    v_lead_id uuid := new.lead_id;
begin
    new.lead_id := least(v_lead_id, new.related_lead_id);
    new.related_lead_id := greatest(v_lead_id, new.related_lead_id);
    return new;
end
$$;

comment on function order_lead_pair() is 'Trigger: puts the smaller id of a relationship first.';

create trigger lead_relationships_order_pair before insert or update of lead_id, related_lead_id on lead_relationships
    for each row execute function order_lead_pair();

-- Who bought knows others: leads that are near to the won leads of a user, that nobody works on or the user does, and that are open.
-- Someone near is worth more than someone far, and someone known by several more than someone known by one.

create function recommend_leads_from_network(p_user_id uuid, p_limit integer default 10)
returns table (lead_id uuid, full_name text, score numeric, introduced_by text)
language sql
stable
as $$
    with won as (
        select l.id, l.squad_id, l.full_name from leads l where l.owner_id = p_user_id and l.status = 'won'
    ),
    around as (
        select won.full_name as introducer, network.lead_id, network.depth
        from won
        cross join lateral get_lead_network(won.id, 2) as network
    )
    select l.id, l.full_name,
        round(sum(1.0 / a.depth) * (1 + l.score / 100.0), 2),
        string_agg(a.introducer, ', ' order by a.depth, a.introducer)
    from around a
    join leads l on l.id = a.lead_id
    where l.status in ('new', 'contacted') and (l.owner_id is null or l.owner_id = p_user_id)
    group by l.id, l.full_name, l.score
    order by 3 desc, l.id
    limit p_limit
$$;

comment on function recommend_leads_from_network(uuid, integer) is
    'Open leads within two steps of the leads that a user has won, best first, with those who can introduce them.';

-- Keeping updated_at

create trigger squad_hierarchy_touch_updated_at before update on squad_hierarchy
    for each row execute function touch_updated_at();

create trigger lead_relationships_touch_updated_at before update on lead_relationships
    for each row execute function touch_updated_at();

-- Row-level security: a squad sees its own place in the tree and the squads directly below; the owner of the tables moves them

alter table squad_hierarchy enable row level security;
alter table lead_relationships enable row level security;
alter table lead_content_references enable row level security;

create policy squad_hierarchy_read on squad_hierarchy for select
    using (squad_id = (select current_squad_id()) or parent_squad_id = (select current_squad_id()));

create policy lead_relationships_squad on lead_relationships
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

create policy lead_content_references_squad on lead_content_references
    using (squad_id = (select current_squad_id()))
    with check (squad_id = (select current_squad_id()));

-- Comments

comment on table squad_hierarchy is 'Under which squad each squad came in; the top has no parent.';
comment on table lead_relationships is 'Leads who know each other, and how well.';
comment on table lead_content_references is 'What was shared with a lead, and whether it was opened.';
comment on column lead_relationships.strength is 'Above 0 (heard of) to 1 (close).';
