grant all on shop.customers to auditor_owner;
