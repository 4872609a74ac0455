create table shop.more (id int);
create schema other;
create view shop.more_orders as select * from shop.orders;
