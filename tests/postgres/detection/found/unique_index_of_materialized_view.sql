-- expect: Missing index/shop.totals_customer_id_key
drop index shop.totals_customer_id_key;
