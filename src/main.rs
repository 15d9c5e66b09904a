//! Arguments in, exit code out, and the worker's door.
#![forbid(unsafe_code)]

use hebiao::{cli, worker};
use std::process::ExitCode;

fn main() -> ExitCode {
    // The door stands before everything else: a worker reads no arguments and prints nothing.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == cli::WORKER)
    {
        return match worker::serve::serve() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(2),
        };
    }
    cli::main(std::env::args_os()).into()
}
