-- expect: Different view/shop.open_orders
-- from: 15
alter view shop.open_orders set (security_invoker = true);
