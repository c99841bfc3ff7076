//! The `earnest` command.
//!
//! Owns: the command line, what is printed, exit codes, and the only file and terminal access of the
//! project. Does not own: any rule; each command asks a library and shows the answer.
//! Invariants: data goes to standard output and talk to standard error; exit codes are 0 done, 1 the check
//! failed, 2 the call or its input was wrong; a reader that goes away (`earnest ... | head`) is no error.

mod call;
mod commands;
mod copy;
mod duration;
mod error;
mod import;
mod lock;
mod logging;
mod logs;
mod number;
mod output;
mod page;
mod policies;
mod progress;
mod settings;
mod store;
mod table;

use std::process::ExitCode;

/// The system's gives memory back and takes it again with nearly every request, each time by a call.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match call::read(std::env::args_os()) {
        Ok(command) => commands::run(&command),
        Err(answer) => answer.give(),
    }
}
