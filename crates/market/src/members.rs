//! The recipients, and how much of what they are sent they read.
//!
//! Owns: each member's load of cold messages. Does not own: whether a message that is read is answered.
//! Invariant: what members read on a day depends on the days before alone, so that it does not matter in which order
//! the senders of a day come.

use crate::settings::Settings;
use earnest_backtest::generate::{Dice, measured};

const WEEK: f64 = 7.0;

pub(crate) struct Members {
    /// Cold messages lately, as so many a memory.
    load: Vec<f64>,
    today: Vec<u32>,
    /// The load at which half of the messages are read.
    half: f64,
    /// What is left of a load a day later.
    kept: f64,
}

impl Members {
    pub(crate) fn new(settings: &Settings) -> Self {
        let count = settings.count.saturating_mul(settings.per_sender);
        let members = usize::try_from(count).unwrap_or(usize::MAX);
        let memory = f64::from(settings.memory_days);
        Self {
            load: vec![0.0; members],
            today: vec![0; members],
            half: f64::from(settings.read_a_week) * memory / WEEK,
            kept: 1.0 - 1.0 / memory,
        }
    }

    /// Draws somebody to write to: some are written to far more than others.
    pub(crate) fn draw(&self, dice: &mut Dice) -> u32 {
        let members = u32::try_from(self.load.len()).unwrap_or(u32::MAX);
        measured::recipient(dice.rank(), members)
    }

    /// Returns the chance that a member reads a message that comes today.
    pub(crate) fn reads(&self, member: u32) -> f64 {
        let load = self.load.get(at(member)).copied().unwrap_or_default();
        self.half / (self.half + load)
    }

    /// Puts a message into a member's inbox.
    pub(crate) fn receive(&mut self, member: u32) {
        if let Some(today) = self.today.get_mut(at(member)) {
            *today = today.saturating_add(1);
        }
    }

    /// Ends the day.
    pub(crate) fn sleep(&mut self) {
        for (load, today) in self.load.iter_mut().zip(&mut self.today) {
            *load = *load * self.kept + f64::from(std::mem::take(today));
        }
    }
}

fn at(member: u32) -> usize {
    usize::try_from(member).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_somebody_is_sent_the_less_is_read() {
        let settings = Settings::standard().unwrap();
        let mut members = Members::new(&settings);
        assert!(members.reads(3) > 0.999);
        for _ in 0..100 {
            for _ in 0..settings.read_a_week {
                members.receive(3);
            }
            for _ in 0..7 {
                members.sleep();
            }
        }
        // So many a week that half of them are read, give or take the day of the week.
        let half = members.reads(3);
        assert!((0.4..0.7).contains(&half), "{half}");
        assert!(members.reads(4) > 0.999);
        for _ in 0..100 {
            members.sleep();
        }
        assert!(members.reads(3) > 0.999);
    }
}
