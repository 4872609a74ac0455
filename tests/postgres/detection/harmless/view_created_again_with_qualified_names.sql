create or replace view shop.open_orders as
    select orders.id, orders.customer_id, orders.total from shop.orders where (orders.open)::boolean;
