//! Tells the stories of some contracts side by side, a part of each at a time.
//!
//! Invariant: of a contract no part is told before the one before it is kept.

use super::orders::{About, Teller};
use super::{Shared, Told};
use crate::error::Error;
use crate::store::refused;
use earnest_backtest::log::ActionKind;
use earnest_core::units::ContractId;
use earnest_engine::{Done, Failure, Order};
use futures_util::future::join_all;
use std::collections::HashSet;
use std::sync::Arc;

/// How many orders are handed over at once, about.
const TOGETHER: usize = 4_096;
/// How many orders of one contract are told at once: so many are kept by one commit, whole or not at all.
const PART: usize = 1_024;

/// A task that tells stories.
pub(super) struct Lane {
    shared: Arc<Shared>,
    told: Told,
    stories: Vec<Story>,
}

/// How far a contract's story is.
struct Story {
    number: usize,
    /// How much of the contract's beginning is told: itself, its seats, its credits.
    set_up: usize,
    /// The next action.
    next: usize,
    /// The places of messages that were refused.
    refused: HashSet<usize>,
}

/// A part of a story that is handed over.
struct Part {
    story: usize,
    about: Vec<About>,
    set_up: usize,
    next: usize,
}

impl Lane {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            told: Told::default(),
            stories: Vec::new(),
        }
    }

    /// Tells stories until there are no more.
    pub(super) async fn run(mut self) -> Result<Told, Error> {
        loop {
            self.shared.look_again().await?;
            let (parts, orders) = self.gather()?;
            if parts.is_empty() {
                return Ok(self.told);
            }
            let answers = self.shared.engine.submit_all(orders).await;
            let mut answers = answers.into_iter();
            for part in &parts {
                for about in &part.about {
                    if let Some(answer) = answers.next() {
                        self.count(part.story, *about, answer)?;
                    }
                }
                if let Some(story) = self.stories.get_mut(part.story) {
                    story.set_up = part.set_up;
                    story.next = part.next;
                }
            }
            self.end_stories().await?;
        }
    }

    /// Takes up stories, and returns a part of each.
    fn gather(&mut self) -> Result<(Vec<Part>, Vec<Order>), Error> {
        let (mut parts, mut orders) = (Vec::new(), Vec::new());
        let mut at = 0;
        while orders.len() < TOGETHER {
            if at == self.stories.len() {
                match self.shared.take() {
                    Some(number) => self.begin(number),
                    None => break,
                }
            }
            let part = self.part(at, &mut orders)?;
            parts.extend(part);
            at += 1;
        }
        Ok((parts, orders))
    }

    /// Takes a contract's story up where it was left.
    fn begin(&mut self, number: usize) {
        let stand = self.shared.stands.get(number).cloned().unwrap_or_default();
        self.told.contracts += 1;
        self.told.answers += stand.answers;
        self.told.there += stand.there();
        let mut refused = HashSet::new();
        if let Some(history) = self.shared.import.log.history(number) {
            self.told.seats += u64::try_from(history.seats()).unwrap_or(u64::MAX);
            for action in history.actions().iter().take(stand.actions) {
                if action.kind() == ActionKind::Send && !stand.sent.contains(&action.message()) {
                    refused.insert(action.message());
                }
            }
        }
        let before = u64::try_from(refused.len()).unwrap_or(u64::MAX);
        let sent = u64::try_from(stand.sent.len()).unwrap_or(u64::MAX);
        self.told.refused_before += before;
        self.told.sent += sent;
        self.told.messages += before + sent;
        (self.shared.progress)(before + sent);
        // Of a contract that was begun the rest of the beginning is told again: what is there is refused.
        let set_up = match (stand.begun, stand.actions) {
            (false, _) => 0,
            (true, 0) => 1,
            (true, _) => usize::MAX,
        };
        self.stories.push(Story {
            number,
            set_up,
            next: stand.actions,
            refused,
        });
    }

    /// Adds the next part of a story to the orders.
    fn part(&self, at: usize, orders: &mut Vec<Order>) -> Result<Option<Part>, Error> {
        let Some(story) = self.stories.get(at) else {
            return Ok(None);
        };
        let teller = Teller::new(&self.shared, story.number)?;
        let mut part = Part {
            story: at,
            about: Vec::new(),
            set_up: story.set_up,
            next: story.next,
        };
        if story.set_up < teller.set_up_count() {
            for (about, order) in teller.set_up()?.into_iter().skip(story.set_up).take(PART) {
                part.set_up += 1;
                part.about.push(about);
                orders.push(order);
            }
        }
        for action in teller.actions().iter().skip(story.next) {
            if part.about.len() >= PART {
                break;
            }
            part.next += 1;
            let is_send = action.kind() == ActionKind::Send;
            if !is_send && story.refused.contains(&action.message()) {
                continue;
            }
            if let Some((about, order)) = teller.tell(*action)? {
                part.about.push(about);
                orders.push(order);
            }
        }
        Ok(Some(part))
    }

    /// Counts what came of an order.
    fn count(
        &mut self,
        story: usize,
        about: About,
        answer: Result<Done, Failure>,
    ) -> Result<(), Error> {
        let refusal = match answer {
            Ok(done) => {
                self.told.added += u64::from(about.adds(&done.reply));
                self.told.answers += u64::from(about == About::Answer);
                None
            }
            Err(Failure::Refused(why)) => Some(why.refusal.code()),
            Err(failure) => return Err(refused(failure)),
        };
        match about {
            About::Send(place) => {
                self.told.messages += 1;
                (self.shared.progress)(1);
                let Some(code) = refusal else {
                    self.told.sent += 1;
                    return Ok(());
                };
                *self.told.refused.entry(code.to_owned()).or_default() += 1;
                if let Some(story) = self.stories.get_mut(story) {
                    story.refused.insert(place);
                }
                Ok(())
            }
            // A seat or grant that is there already was told before, and the answer to a message that was
            // refused does not happen.
            About::Contract | About::SetUp | About::Seen(_) | About::Answer => Ok(()),
        }
    }

    /// Ends the stories of which all is told.
    async fn end_stories(&mut self) -> Result<(), Error> {
        let mut ended: Vec<ContractId> = Vec::new();
        let shared = Arc::clone(&self.shared);
        let mut left = Vec::with_capacity(self.stories.len());
        for story in self.stories.drain(..) {
            let teller = Teller::new(&shared, story.number)?;
            let is_set_up = story.set_up >= teller.set_up_count();
            match is_set_up && story.next >= teller.actions().len() {
                true => ended.push(teller.contract().clone()),
                false => left.push(story),
            }
        }
        self.stories = left;
        // Side by side, so that one commit holds the ends of many.
        for added in join_all(ended.iter().map(|contract| shared.end(contract))).await {
            self.told.added += added?;
        }
        Ok(())
    }
}
