//! Packages of binary parts.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hebiao::fuzzing::xlsb(bytes));
