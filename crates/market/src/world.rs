//! One world: the same people, week after week, under one policy.
//!
//! Owns: the calendar and who meets whom. Does not own: what senders want ([`crate::sender`]), what recipients read
//! ([`crate::members`]), what the rules say ([`crate::desk`]). Invariant: each sender draws chance from a stream of
//! their own, so that one sender's doings change nobody else's luck.

use crate::desk::{Coming, Desk};
use crate::figures::{Change, SenderFigures, Week, World};
use crate::members::Members;
use crate::price::Price;
use crate::sender::{Met, Sender};
use crate::settings::Settings;
use earnest_backtest::generate::{Dice, measured};
use earnest_core::policy::{Policy, ResponseKind, Standing};
use earnest_core::units::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Monday, 5 January 2026, and its number as a day.
const START_MILLIS: i64 = 1_767_571_200_000;
const START_DAY: i32 = 20_458;
const SECOND: i64 = 1_000;
const DAY: i64 = 86_400 * SECOND;
const WEEK: i64 = 7 * DAY;
/// The first send of a working day, and how long the day is.
const MORNING: i64 = 9 * 3_600 * SECOND;
const WORKDAY: i64 = 8 * 3_600 * SECOND;
const WORKDAYS: u32 = 5;
/// How long after the send an answer counts here, whatever the policy says of it.
const ANSWERED_WITHIN: u32 = 90 * 86_400;
/// Of the welcome answers, those that accept; the others reply. As made-up logs have it.
const ACCEPTS: u32 = 1_875;
/// Nobody writes to somebody again before so many weeks have passed, where somebody else can be found.
const AGAIN_WEEKS: u32 = 13;
/// How often somebody else is looked for.
const LOOKS: u32 = 16;
/// The streams from which senders draw whom they write to lie this far from those for everything else.
const WHOM: u64 = 1 << 32;
/// A contract forgets old messages every so many weeks.
const FORGET_WEEKS: u32 = 4;

/// A sender with a desk, and what is counted of them.
struct Actor {
    sender: Sender,
    desk: Desk,
    dice: Dice,
    whom: Dice,
    /// When the sender last wrote to a member, by week.
    written: BTreeMap<u32, u32>,
    /// Messages of the plan that are not a whole one yet.
    owed: f64,
    met: Met,
    settled: (u64, u64),
    stands: Standing,
    figures: SenderFigures,
}

/// Plays one world from `seed`.
pub(crate) fn play(
    policy: &Arc<Policy>,
    settings: &Settings,
    seed: u64,
    progress: &(dyn Fn() + Sync),
) -> World {
    let price = Price::of(policy, settings);
    let mut members = Members::new(settings);
    let mut actors = actors(policy, settings, seed);
    let mut world = World {
        seed,
        weeks: Vec::new(),
        senders: Vec::new(),
        members: settings.count.saturating_mul(settings.per_sender),
        changes: Vec::new(),
    };
    let most = policy.message.recipients_most.max(1);
    for number in 0..settings.warmup_weeks.saturating_add(settings.weeks) {
        let begins = i64::from(number) * WEEK;
        let mut week = Week {
            day: START_DAY + i32::try_from(number * 7).unwrap_or_default(),
            counted: number >= settings.warmup_weeks,
            ..Week::default()
        };
        for actor in &mut actors {
            actor.plan(settings, price);
        }
        for day in 0..7 {
            if day < WORKDAYS {
                let morning = begins + i64::from(day) * DAY + MORNING;
                let day = Workday {
                    settings,
                    number,
                    morning,
                    most,
                };
                for actor in &mut actors {
                    actor.work(&day, &mut members, &mut week);
                }
            }
            members.sleep();
        }
        let end = at(begins + WEEK);
        for (nth, actor) in (0_u32..).zip(&mut actors) {
            actor.close(end, number, &mut week);
            let changes = actor.changes(settings, end, week.counted);
            world
                .changes
                .extend(changes.into_iter().map(|(at, standing)| Change {
                    at,
                    sender: nth,
                    standing,
                }));
        }
        world.weeks.push(week);
        progress();
    }
    world
        .changes
        .sort_by_key(|change| (change.at, change.sender));
    world.senders = actors.into_iter().map(|actor| actor.figures).collect();
    world
}

/// Makes the people of a world up, which is the same under every policy.
fn actors(policy: &Arc<Policy>, settings: &Settings, seed: u64) -> Vec<Actor> {
    let mut dice = Dice::new(seed, 0);
    let mut actors = Vec::new();
    for nth in 0..settings.count {
        let sender = Sender::new(settings, nth, &mut dice);
        // INVARIANT: names made of numbers are ids, and first commands are in order; so every sender has a desk.
        if let Ok(desk) = Desk::open(policy, nth, at(0)) {
            actors.push(Actor {
                figures: SenderFigures {
                    careless: sender.careless,
                    ..SenderFigures::default()
                },
                sender,
                desk,
                dice: Dice::new(seed, u64::from(nth) + 1),
                whom: Dice::new(seed, u64::from(nth) + 1 + WHOM),
                written: BTreeMap::new(),
                owed: 0.0,
                met: Met::default(),
                settled: (0, 0),
                stands: Standing::Good,
            });
        }
    }
    actors
}

/// A day on which people work.
struct Workday<'d> {
    settings: &'d Settings,
    /// The week's number.
    number: u32,
    morning: i64,
    /// The most recipients of a campaign.
    most: u32,
}

impl Actor {
    fn plan(&mut self, settings: &Settings, price: Price) {
        let met = std::mem::take(&mut self.met);
        #[expect(
            clippy::cast_precision_loss,
            reason = "what a sender reckons with; no credit is moved by it"
        )]
        let available = self.desk.available() as f64;
        self.sender.plan(settings, price, &met, available);
    }

    /// Sends the day's share of the plan.
    fn work(&mut self, day: &Workday<'_>, members: &mut Members, week: &mut Week) {
        self.owed += self.sender.habit.messages / f64::from(WORKDAYS);
        let today = whole(self.owed);
        self.owed -= f64::from(today);
        let bulk = self.sender.in_bulk(day.settings);
        let at_once = if bulk { day.most } else { 1 };
        let pause = WORKDAY / i64::from(today.max(1));
        let mut done = 0;
        while done < today {
            let many = at_once.min(today - done);
            let when = day.morning + i64::from(done) * pause;
            if !self.send(day, when, many, bulk, members, week) {
                break;
            }
            done += many;
        }
    }

    /// Sends to so many members at once; returns whether the day goes on.
    fn send(
        &mut self,
        day: &Workday<'_>,
        when: i64,
        many: u32,
        bulk: bool,
        members: &mut Members,
        week: &mut Week,
    ) -> bool {
        let settings = day.settings;
        let to = self.choose(day.number, many, members);
        let first = match self.desk.send(&to, bulk, at(when)) {
            Ok(first) => first,
            Err(code) => {
                week.refused += u64::from(many);
                self.figures.refused += if week.counted { u64::from(many) } else { 0 };
                self.met.without_credits |= code == "insufficient_credits";
                // Somebody who has two messages waiting gets no third; anything else is the same all day.
                return code == "already_pending";
            }
        };
        self.written
            .extend(to.iter().map(|member| (*member, day.number)));
        let answered = self.sender.answered(settings);
        let mut answers = 0;
        for (message, member) in (first..).zip(&to) {
            let read = members.reads(*member);
            members.receive(*member);
            answers += self.fate(settings, when, message, read, answered, week);
        }
        self.met.sent += many;
        week.sent += u64::from(many);
        week.answered += answers;
        week.in_bulk += if bulk { u64::from(many) } else { 0 };
        week.effort += u64::from(many) * u64::from(whole(self.sender.habit.effort * 100.0 + 0.5));
        if week.counted {
            self.figures.sent += u64::from(many);
            self.figures.answered += answers;
        }
        true
    }

    /// Chooses whom to write to, nobody twice and nobody whom the sender wrote to lately, if others can be found.
    fn choose(&mut self, week: u32, many: u32, members: &Members) -> Vec<u32> {
        let mut to = Vec::new();
        for _ in 0..many {
            let mut member = members.draw(&mut self.whom);
            for _ in 0..LOOKS {
                let last = self.written.get(&member);
                if !to.contains(&member) && last.is_none_or(|last| week - last >= AGAIN_WEEKS) {
                    break;
                }
                member = members.draw(&mut self.whom);
            }
            to.push(member);
        }
        to
    }

    /// Draws what becomes of a message; returns 1 when it is answered within 90 days.
    fn fate(
        &mut self,
        settings: &Settings,
        when: i64,
        message: u32,
        read: f64,
        answered: f64,
        week: &mut Week,
    ) -> u64 {
        // All are drawn in any case, so that the luck of later messages is the same.
        let (reads, answers) = (self.chance(), self.chance());
        let delay = measured::delay_seconds(self.dice.rank());
        let kind = self.kind(settings);
        if reads >= read {
            return 0;
        }
        week.read += 1;
        let later = at(when + i64::from(delay) * SECOND);
        if answers >= answered {
            self.desk.expect(message, later, Coming::Seen);
            return 0;
        }
        self.desk.expect(message, later, Coming::Answer(kind));
        u64::from(delay <= ANSWERED_WITHIN)
    }

    /// Returns a number from 0 to 1, all with the same chance.
    fn chance(&mut self) -> f64 {
        f64::from(self.dice.rank()) / 4_294_967_296.0
    }

    fn kind(&mut self, settings: &Settings) -> ResponseKind {
        let (welcome, accepts) = (self.dice.below(100), self.dice.chance(ACCEPTS));
        match (welcome < settings.welcome_percent, accepts) {
            (false, _) => ResponseKind::NotInterested,
            (true, true) => ResponseKind::Accept,
            (true, false) => ResponseKind::Reply,
        }
    }

    /// Ends the week: lets everything happen, and counts it.
    fn close(&mut self, end: Timestamp, number: u32, week: &mut Week) {
        self.desk.run_to(end);
        self.met.answers = self.desk.take_answers();
        let (consumed, returned) = self.desk.settled();
        week.consumed += consumed - self.settled.0;
        week.returned += returned - self.settled.1;
        self.settled = (consumed, returned);
        week.active += u64::from(self.met.sent > 0);
        if number.is_multiple_of(FORGET_WEEKS) {
            self.desk.forget();
        }
    }

    /// Returns the week's changes of standing. A ladder tells each; a rolling window is looked at once a week.
    fn changes(
        &mut self,
        settings: &Settings,
        end: Timestamp,
        counted: bool,
    ) -> Vec<(Timestamp, Standing)> {
        let mut changes = self.desk.take_stood();
        let now = self.desk.standing(end);
        let last = changes
            .last()
            .map_or(self.stands, |(_, standing)| *standing);
        if now != last {
            changes.push((end, now));
        }
        self.stands = now;
        for (_, standing) in &changes {
            self.sender.stand(settings, *standing);
            if counted {
                self.figures.warned |= *standing == Standing::Warned;
                self.figures.restricted |= *standing == Standing::Restricted;
            }
        }
        self.sender.stand(settings, now);
        changes
    }
}

/// Returns the instant so many milliseconds after the start.
fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(START_MILLIS + millis).unwrap_or(Timestamp::MAX)
}

/// Returns the whole part of a number that is not negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float beyond the whole numbers becomes the last of them"
)]
fn whole(number: f64) -> u32 {
    number.max(0.0) as u32
}
