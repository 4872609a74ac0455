-- expect: grant/table/shop.orders to auditor_app
revoke insert on shop.orders from auditor_app;
