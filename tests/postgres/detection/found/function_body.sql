-- expect: Different function/shop.touch(): body
create or replace function shop.touch() returns trigger language plpgsql as $$
begin
    return new;
end
$$;
