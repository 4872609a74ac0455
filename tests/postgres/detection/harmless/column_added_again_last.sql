alter table shop.customers drop column note;
alter table shop.customers add column note text;
