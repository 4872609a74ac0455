-- expect: Missing trigger/shop.orders.orders_touch
drop trigger orders_touch on shop.orders;
