//! What the database keeps packed.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    peyvand::properties::stored(data);
});
