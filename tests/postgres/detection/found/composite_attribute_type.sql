-- expect: Different type/shop.address: attributes
alter table shop.customers drop column home;
alter type shop.address alter attribute zip type varchar(10);
alter table shop.customers add column home shop.address;
