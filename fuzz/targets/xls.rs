//! Compound files and their streams of records.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hebiao::fuzzing::xls(bytes));
