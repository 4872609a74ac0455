#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| schema_audit_fuzz::statement(data));
