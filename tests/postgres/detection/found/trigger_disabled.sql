-- expect: Different trigger/shop.orders.orders_touch: enabled
alter table shop.orders disable trigger orders_touch;
