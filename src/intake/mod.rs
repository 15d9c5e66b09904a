//! Raw sheets become submissions.
pub mod value;
