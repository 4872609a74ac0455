-- expect: Different view/shop.open_orders: definition
create or replace view shop.open_orders as select id, customer_id, total from shop.orders where open and total > 0;
