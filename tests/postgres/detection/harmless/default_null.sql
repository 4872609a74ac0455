alter table shop.customers alter column note set default null;
