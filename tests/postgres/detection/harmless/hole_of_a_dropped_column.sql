alter table shop.orders add column tmp int;
alter table shop.orders drop column tmp;
