-- expect: grant/function/shop.secret() to auditor_app
revoke execute on function shop.secret() from auditor_app;
