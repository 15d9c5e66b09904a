//! Putting an overlay on a package, and taking it off again.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hebiao::fuzzing::overlay(bytes));
