//! Messages between the job and its workers.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hebiao::fuzzing::frames(bytes));
