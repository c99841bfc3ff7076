//! Stops on what only a bug of ours can cause.

/// Returns the value, which an invariant says is there.
///
/// # Panics
/// When it is not: the message names the broken invariant. Callers of the engine catch it per request.
#[track_caller]
#[expect(
    clippy::panic,
    reason = "a broken invariant must stop the command, not be worked around"
)]
pub(crate) fn known<T>(value: Option<T>, invariant: &str) -> T {
    match value {
        Some(value) => value,
        None => panic!("INVARIANT: {invariant}"),
    }
}

/// Returns `n + 1`.
#[track_caller]
pub(crate) fn next(n: u32) -> u32 {
    known(n.checked_add(1), "a counter never overflows")
}
