//! Cells of every kind of column, as text and as numbers.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hebiao::fuzzing::value(bytes));
