//! Explanations: what they say, and that the engine does what they say.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it goes wrong"
)]

#[path = "explain/ask.rs"]
mod ask;
#[path = "explain/cases.rs"]
mod cases;
#[path = "explain/message.rs"]
mod message;
#[path = "explain/preview.rs"]
mod preview;
#[path = "explain/refusal.rs"]
mod refusal;
#[path = "explain/standing.rs"]
mod standing;
#[path = "explain/story.rs"]
mod story;
