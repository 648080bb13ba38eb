#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| graph8_crm::fuzzing::look_up(data));
