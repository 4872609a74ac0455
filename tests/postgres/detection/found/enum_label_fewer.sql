-- expect: Different type/shop.mood: labels
alter table shop.customers alter column mood drop default;
alter type shop.mood rename to old_mood;
create type shop.mood as enum ('sad', 'fine');
alter table shop.customers alter column mood type shop.mood using mood::text::shop.mood;
alter table shop.customers alter column mood set default 'fine';
drop type shop.old_mood;
