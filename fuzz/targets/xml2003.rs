//! Excel 2003 workbooks in one XML file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hebiao::fuzzing::xml2003(bytes));
