//! What time alone brings: finds the earliest thing due by looking at everything, lets it happen, and again.

use super::Model;
use earnest_core::units::{Timestamp, add_months};

/// Something that falls due. The variants stand in the order of one instant; commands come before lapses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// A version scheduled ahead rules everything at its instant, so it comes first.
    Version,
    LotEnds,
    LotStarts,
    Renewal,
    Assessment,
    Lapse,
}

impl Model {
    /// Lets everything happen that a command at `at` finds done.
    pub(crate) fn run_to(&mut self, at: Timestamp) {
        while let Some((when, what, which)) = self.earliest(at) {
            match what {
                Due::Version => self.begin_scheduled(when),
                Due::LotEnds => self.end_lot(which),
                Due::LotStarts => self.start_lot(which),
                Due::Renewal => self.renew(when),
                Due::Assessment => self.assess(which, when),
                Due::Lapse => self.lapse(which),
            }
        }
    }

    fn earliest(&self, at: Timestamp) -> Option<(Timestamp, Due, usize)> {
        let mut all = Vec::new();
        for (which, version) in self.versions.iter().enumerate() {
            if !version.began && version.from <= at {
                all.push((version.from, Due::Version, which));
            }
        }
        for (which, lot) in self.lots.iter().enumerate() {
            if let Some(end) = lot
                .ends_at
                .filter(|end| *end <= at && lot.started && !lot.ended)
            {
                all.push((end, Due::LotEnds, which));
            }
            if !lot.started && !lot.revoked && lot.starts_at <= at {
                all.push((lot.starts_at, Due::LotStarts, which));
            }
        }
        let renewal = add_months(self.start, self.months + 1);
        if renewal <= at {
            all.push((renewal, Due::Renewal, 0));
        }
        for (which, seat) in self.seats.iter().enumerate() {
            if let Some(end) = seat
                .place
                .as_ref()
                .map(|place| place.ends_at)
                .filter(|end| *end <= at)
            {
                all.push((end, Due::Assessment, which));
            }
        }
        for (which, message) in self.messages.iter().enumerate() {
            // "A lapse only when its deadline is before t."
            if message.is_pending() && message.deadline < at {
                all.push((message.deadline, Due::Lapse, which));
            }
        }
        all.into_iter().min()
    }

    /// Of several versions scheduled for one instant, the one added last replaces the others, which never rule.
    fn begin_scheduled(&mut self, at: Timestamp) {
        let scheduled = |version: &super::Version| !version.began && version.from == at;
        let last = self.versions.iter().rposition(scheduled).unwrap();
        for version in self
            .versions
            .iter_mut()
            .filter(|version| scheduled(version))
        {
            version.began = true;
        }
        self.begin_version(last, at);
    }

    fn renew(&mut self, at: Timestamp) {
        self.months += 1;
        let seats: Vec<usize> = (0..self.seats.len()).collect();
        self.allot(&seats, true, at);
    }
}
