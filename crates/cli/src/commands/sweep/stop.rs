//! Lets Ctrl-C end a long command between two parts of its work.
//!
//! Invariant: the first Ctrl-C asks, the second ends the process at once.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a shell shows for a process that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// Whether the work is to end.
pub(in super::super) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens for Ctrl-C from now on. Where that cannot be, Ctrl-C ends the process as ever.
    pub(in super::super) fn on_ctrl_c() -> Self {
        let asked = Arc::new(AtomicBool::new(false));
        let ask = Arc::clone(&asked);
        // The thread waits for a signal, and goes when the process does.
        let listening = std::thread::Builder::new().spawn(move || listen(&ask));
        drop(listening);
        Self(asked)
    }

    /// Returns whether Ctrl-C was pressed.
    pub(in super::super) fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

fn listen(ask: &AtomicBool) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        if tokio::signal::ctrl_c().await.is_ok() {
            ask.store(true, Ordering::Relaxed);
            let again = "stopping after what is under way; Ctrl-C again ends at once";
            let _ = writeln!(io::stderr(), "{again}");
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(INTERRUPTED.into());
            }
        }
    });
}

/// Says how far a sweep came where it was stopped, and returns the exit code.
pub(in super::super) fn exit_code(done: usize, all: usize) -> ExitCode {
    if done == all {
        return ExitCode::SUCCESS;
    }
    let _ = writeln!(
        io::stderr(),
        "stopped: {done} of {all} combinations were tried, and only they are ranked"
    );
    ExitCode::from(INTERRUPTED)
}
