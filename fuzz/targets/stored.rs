//! Fuzzes the packed forms that the database stores.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    peyvand::properties::stored(data);
});
