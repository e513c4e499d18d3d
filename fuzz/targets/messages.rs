//! Fuzzes records of the input topics.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    peyvand::properties::messages(data);
});
