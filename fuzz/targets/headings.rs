//! Sheets drawn by the input: where the forms' tables stand, whose they are, what is read.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hebiao::fuzzing::headings(bytes));
