//! Web pages with tables.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hebiao::fuzzing::html(bytes));
