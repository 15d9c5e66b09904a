//! Rule files: every mistake is told, none is a panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hebiao::fuzzing::rules(bytes));
