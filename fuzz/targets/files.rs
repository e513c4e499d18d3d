//! Fuzzes rows of files, the tables of the law, and texts.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    peyvand::properties::files(data);
});
