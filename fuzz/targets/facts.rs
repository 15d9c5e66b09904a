//! The light pass over a worksheet's XML.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hebiao::fuzzing::facts(bytes));
