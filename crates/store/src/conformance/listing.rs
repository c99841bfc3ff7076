//! Lists of messages are whole, in order, and can be paged while they grow.

#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::build::{
    Draft, campaign, contract, id, lapsed, member, message, minute, responded, seat,
};
use super::messages::owned;
use super::{Opened, look};
use crate::{MessageQuery, MessageRow, NewMessage, Span, Store, Which, message_id};
use earnest_core::Status;
use earnest_core::units::{MessageId, Timestamp};
use std::collections::BTreeSet;

/// Commits messages under a contract, which is begun where it is not there.
async fn send(store: &dyn Store, id: &str, messages: Vec<NewMessage>) {
    let kept = store.contract(&contract(id)).await.unwrap();
    let draft = kept.map_or_else(|| Draft::begin(id), |row| Draft::after(id, row.seq));
    store
        .commit(draft.send_all(messages).batch())
        .await
        .unwrap();
}

fn inbox() -> Which {
    Which::Inbox(member("bo"))
}

fn is_newest_first(rows: &[MessageRow]) -> bool {
    rows.is_sorted_by(|a, b| a.sent.sent_at >= b.sent.sent_at)
}

/// Returns an id of the caller's own for even numbers and a made one for odd ones.
fn either(n: u64, at: Timestamp) -> String {
    if n.is_multiple_of(2) {
        format!("m-{n}")
    } else {
        message_id(at, n).as_str().to_owned()
    }
}

pub async fn an_inbox_goes_over_all_contracts_newest_first(opened: Opened) {
    let store = &*opened.store;
    let mut expected = Vec::new();
    for (n, of) in (0..40).zip(["b", "a", "c"].into_iter().cycle()) {
        let at = minute(i64::try_from(n).unwrap());
        let to_bo = message(either(n, at), "bo", at);
        expected.push(to_bo.id.clone());
        let aside = message(format!("aside-{n}"), "bob", at);
        send(store, of, vec![aside, to_bo]).await;
    }
    expected.reverse();
    let listed = look::messages(store, inbox(), None).await;
    assert_eq!(owned(&listed), expected);
    assert_eq!(listed[0].contract, contract("b"));
    assert_eq!(listed[1].contract, contract("c"));
    let elsewhere = opened.another().await;
    assert_eq!(look::messages(&*elsewhere, inbox(), None).await, listed);
    let nobody = look::messages(store, Which::Inbox(member("b")), None).await;
    assert_eq!(nobody, []);
}

pub async fn an_inbox_is_paged_while_new_messages_arrive(opened: Opened) {
    let store = &*opened.store;
    let mut old = BTreeSet::new();
    for (n, of) in (0..30).zip(["a", "b"].into_iter().cycle()) {
        let at = minute(i64::try_from(n).unwrap() * 10);
        let message = message(either(n, at), "bo", at);
        old.insert(message.id.clone());
        send(store, of, vec![message]).await;
    }
    let mut seen: Vec<MessageRow> = Vec::new();
    let (mut after, mut round) = (None, 0);
    loop {
        let (rows, next) = look::page(store, inbox(), None, after).await;
        seen.extend(rows);
        if next.is_none() {
            break;
        }
        after = next;
        round += 1;
        arrive(store, &seen, round).await;
    }
    let listed = owned(&seen);
    let once: BTreeSet<MessageId> = listed.iter().cloned().collect();
    assert_eq!(once.len(), listed.len(), "a message is shown twice");
    assert!(once.is_superset(&old), "an older message is missing");
    assert!(is_newest_first(&seen));
}

/// Sends to `bo` what is newer than all, as old as the last one that was seen, and a little older and newer.
async fn arrive(store: &dyn Store, seen: &[MessageRow], round: u64) {
    let last = seen.last().map_or(minute(0), |row| row.sent.sent_at);
    let instants = [
        minute(10_000),
        last.plus_millis(1),
        last,
        last.plus_millis(-1),
    ];
    let messages = (0..).zip(instants).flat_map(|(n, at)| {
        let made = message_id(at, round * 100 + n);
        [
            message(made.as_str(), "bo", at),
            message(format!("new-{round}-{n}"), "bo", at),
        ]
    });
    send(store, "newcomer", messages.collect()).await;
}

pub async fn an_inbox_of_one_instant_is_paged_whole(opened: Opened) {
    let store = &*opened.store;
    let at = minute(5);
    let mut all = BTreeSet::new();
    for n in 0..5 {
        let numbers = n * 10..n * 10 + 10;
        let messages: Vec<_> = numbers.map(|n| message(either(n, at), "bo", at)).collect();
        all.extend(messages.iter().map(|message| message.id.clone()));
        send(store, &format!("c-{n}"), messages).await;
    }
    let listed = look::messages(store, inbox(), None).await;
    assert_eq!(listed.len(), 50);
    assert_eq!(owned(&listed).into_iter().collect::<BTreeSet<_>>(), all);
    let again = look::messages(store, inbox(), None).await;
    assert_eq!(
        owned(&again),
        owned(&listed),
        "the order is not the same twice"
    );
}

pub async fn an_inbox_is_filtered_by_status(opened: Opened) {
    let store = &*opened.store;
    let messages = (0..60).map(|n| message(format!("m-{n}"), "bo", minute(n)));
    let batch = Draft::begin("c").send_all(messages).batch();
    let sent = batch.messages.clone();
    store.commit(batch).await.unwrap();
    let mut draft = Draft::after("c", 61).any_event();
    for (n, message) in sent.iter().enumerate() {
        draft = match n % 10 {
            0 | 3 => draft.outcome(responded(message, minute(99), None)),
            5 => draft.outcome(lapsed(message)),
            // Pending with an outcome, as after it was seen.
            7 => draft.outcome(crate::Outcome {
                seen_at: Some(minute(98)),
                ..crate::Outcome::fresh(message.id.clone(), message.price)
            }),
            _ => draft,
        };
    }
    store.commit(draft.batch()).await.unwrap();
    for which in [inbox(), look::sent(&contract("c"))] {
        for (status, count) in [
            (Status::Responded, 12),
            (Status::Lapsed, 6),
            (Status::Pending, 42),
        ] {
            let listed = look::messages(store, which.clone(), Some(status)).await;
            assert_eq!(listed.len(), count, "{status:?}");
            assert!(listed.iter().all(|row| row.outcome.status == status));
            assert!(is_newest_first(&listed));
        }
        assert_eq!(look::messages(store, which, None).await.len(), 60);
    }
}

pub async fn backdated_messages_stand_in_their_place(opened: Opened) {
    let store = &*opened.store;
    let at = |minutes: i64| minute(minutes * 10);
    send(
        store,
        "a",
        vec![message("new-2", "bo", at(2)), message("new-4", "bo", at(4))],
    )
    .await;
    let made = message_id(at(3), 1);
    let imported = vec![
        message("very-old", "bo", Timestamp::MIN),
        message("old-1", "bo", at(1)),
        message(made.as_str(), "bo", at(3)),
        message("old-5", "bo", at(5)),
    ];
    send(store, "b", imported).await;
    send(store, "c", vec![message("new-0", "bo", at(0))]).await;
    let expected = [
        "old-5",
        "new-4",
        made.as_str(),
        "new-2",
        "old-1",
        "new-0",
        "very-old",
    ];
    let listed = look::messages(store, inbox(), None).await;
    assert_eq!(look::ids(&listed), expected);
    let sent = look::messages(store, look::sent(&contract("b")), None).await;
    let expected = ["old-5", made.as_str(), "old-1", "very-old"];
    assert_eq!(look::ids(&sent), expected);
}

/// A caller's own id may look as if it were made, at whatever time.
pub async fn an_id_that_spells_another_time_stands_where_it_was_sent(opened: Opened) {
    let store = &*opened.store;
    let early = message_id(Timestamp::from_millis(0).unwrap(), 0);
    let late = message_id(Timestamp::MAX, 2_097_151);
    let messages = vec![
        message("m-1", "bo", minute(1)),
        message(late.as_str(), "bo", minute(2)),
        message("m-3", "bo", minute(3)),
        message(early.as_str(), "bo", minute(4)),
        message("m-5", "bo", minute(5)),
    ];
    send(store, "c", messages).await;
    let expected = ["m-5", early.as_str(), "m-3", late.as_str(), "m-1"];
    let listed = look::messages(store, inbox(), None).await;
    assert_eq!(look::ids(&listed), expected);
    let listed = look::messages(store, look::sent(&contract("c")), None).await;
    assert_eq!(look::ids(&listed), expected);
    let received = look::received(store, "bo", (minute(2), minute(5)), 99).await;
    assert_eq!(received, 3);
}

/// Sends 90 messages from two contracts, two seats and two campaigns or none.
async fn mixed(store: &dyn Store) {
    for of in ["a", "b"] {
        let messages = (0..90).map(|n| NewMessage {
            seat: seat(["ana", "cy"][n % 2]),
            campaign: [None, Some("spring"), Some("fall")][n % 3].map(campaign),
            bulk: n % 3 != 0,
            ..message(
                format!("{of}-{n}"),
                &format!("member-{n}"),
                minute(i64::try_from(n).unwrap()),
            )
        });
        send(store, of, messages.collect()).await;
    }
}

pub async fn the_sent_list_is_by_contract_seat_and_campaign(opened: Opened) {
    let store = &*opened.store;
    mixed(store).await;
    for (of_seat, of_campaign, count) in [
        (None, None, 90),
        (Some("ana"), None, 45),
        (None, Some("spring"), 30),
        (Some("cy"), Some("fall"), 15),
        (Some("an"), None, 0),
        (None, Some("winter"), 0),
        (Some("nobody"), Some("fall"), 0),
    ] {
        let which = Which::Sent {
            contract: contract("a"),
            seat: of_seat.map(seat),
            campaign: of_campaign.map(campaign),
        };
        let listed = look::messages(store, which, None).await;
        assert_eq!(listed.len(), count, "{of_seat:?} {of_campaign:?}");
        assert!(is_newest_first(&listed));
        let fits = |row: &MessageRow| {
            let campaign = row.sent.campaign.as_ref();
            row.contract == contract("a")
                && of_seat.is_none_or(|of| row.sent.seat == seat(of))
                && of_campaign.is_none_or(|of| campaign.is_some_and(|it| it.as_str() == of))
        };
        assert!(listed.iter().all(fits));
    }
    let unknown = look::messages(store, look::sent(&contract("ab")), None).await;
    assert_eq!(unknown, []);
}

pub async fn the_sent_list_is_paged_with_all_filters(opened: Opened) {
    let store = &*opened.store;
    mixed(store).await;
    let all = look::messages(store, look::sent(&contract("b")), None).await;
    let answered: Vec<_> = all.iter().step_by(5).collect();
    let draft = answered
        .iter()
        .fold(Draft::after("b", 91).any_event(), |draft, row| {
            draft.outcome(responded(&row.sent, minute(100), None))
        });
    store.commit(draft.batch()).await.unwrap();
    let fits = |row: &&&MessageRow| {
        row.sent.seat == seat("ana") && row.sent.campaign == Some(campaign("spring"))
    };
    let expected: Vec<MessageId> = answered
        .iter()
        .filter(fits)
        .map(|row| row.sent.id.clone())
        .collect();
    assert!(!expected.is_empty());
    let which = Which::Sent {
        contract: contract("b"),
        seat: Some(seat("ana")),
        campaign: Some(campaign("spring")),
    };
    let listed = look::messages(store, which, Some(Status::Responded)).await;
    assert_eq!(owned(&listed), expected);
}

pub async fn a_place_that_was_never_given_does_no_harm(opened: Opened) {
    let store = &*opened.store;
    send(store, "c", vec![message("m", "bo", minute(1))]).await;
    for after in [0, 1, 1 << 21, 1 << 53, i64::MAX as u64, u64::MAX] {
        let by_id = Which::Ids(vec![id("m")]);
        for which in [inbox(), look::sent(&contract("c")), by_id] {
            let query = MessageQuery {
                after: Some(after),
                ..MessageQuery::new(which, 10)
            };
            let page = store.messages(query).await.unwrap();
            assert!(page.messages.len() <= 1);
        }
    }
}

pub async fn lists_are_narrowed_to_a_span_and_paged_within_it(opened: Opened) {
    let store = &*opened.store;
    let sent = |n: u64| {
        let at = minute(i64::try_from(n / 2).unwrap());
        message(either(n, at), "bo", at)
    };
    for numbers in [0..30, 30..60] {
        send(store, "c", numbers.map(sent).collect()).await;
    }
    let newest = store.contract(&contract("c")).await.unwrap().unwrap().seq;
    let mut answered = Draft::after("c", newest).any_event();
    for n in (0..60).step_by(3) {
        answered = answered.outcome(responded(&sent(n), minute(99), None));
    }
    store.commit(answered.batch()).await.unwrap();
    let by_seat = Which::Sent {
        contract: contract("c"),
        seat: Some(sent(0).seat),
        campaign: None,
    };
    let by_id = Which::Ids((0..60).rev().map(|n| sent(n).id).collect());
    let (before_all, behind_all) = (-5, 99);
    for (from, to) in [
        (None, None),
        (Some(7), None),
        (None, Some(7)),
        (Some(3), Some(25)),
        (Some(8), Some(9)),
        (Some(9), Some(9)),
        (Some(20), Some(10)),
        (Some(before_all), Some(behind_all)),
        (Some(behind_all), None),
        (None, Some(before_all)),
    ] {
        let span = Span {
            from: from.map(minute),
            to: to.map(minute),
        };
        for status in [None, Some(Status::Responded)] {
            let is_meant = |n: &u64| {
                let minute = i64::try_from(n / 2).unwrap();
                from.is_none_or(|from| from <= minute)
                    && to.is_none_or(|to| minute < to)
                    && (status.is_none() || n.is_multiple_of(3))
            };
            let meant: BTreeSet<MessageId> = (0..60).filter(is_meant).map(|n| sent(n).id).collect();
            let in_contract = look::sent(&contract("c"));
            for which in [in_contract, by_seat.clone(), inbox(), by_id.clone()] {
                for limit in [1, 4, 100] {
                    let first = MessageQuery {
                        status,
                        sent: span,
                        ..MessageQuery::new(which.clone(), limit)
                    };
                    let found = look::all(store, first).await;
                    let ids: BTreeSet<MessageId> = owned(&found).into_iter().collect();
                    assert_eq!(ids, meant, "{which:?} {span:?} {status:?} {limit}");
                    assert_eq!(found.len(), meant.len(), "a message is listed twice");
                    assert!(is_newest_first(&found));
                }
            }
        }
    }
}

pub async fn received_counts_from_an_instant_up_to_before_another(opened: Opened) {
    let store = &*opened.store;
    let mut n = 0;
    for (of, minutes) in [("a", [1, 2, 3]), ("b", [2, 3, 4])] {
        let messages = minutes.map(|minutes| {
            n += 1;
            message(either(n, minute(minutes)), "bo", minute(minutes))
        });
        send(store, of, messages.to_vec()).await;
    }
    let aside = message("aside", "bob", minute(2));
    send(store, "a", vec![aside]).await;
    for (from, to, count) in [
        (1, 5, 6),
        (1, 4, 5),
        (2, 3, 2),
        (2, 4, 4),
        (4, 5, 1),
        (5, 9, 0),
        (2, 2, 0),
        (4, 1, 0),
    ] {
        let between = (minute(from), minute(to));
        let received = look::received(store, "bo", between, 99).await;
        assert_eq!(received, count, "from {from} to {to}");
    }
    let after_the_first = (minute(1).plus_millis(1), minute(4));
    assert_eq!(look::received(store, "bo", after_the_first, 99).await, 4);
    let ever = (Timestamp::MIN, Timestamp::MAX);
    assert_eq!(look::received(store, "b", ever, 99).await, 0);
}

pub async fn received_counts_up_to_the_most(opened: Opened) {
    let store = &*opened.store;
    let messages = (0..30).map(|n| message(format!("m-{n}"), "bo", minute(n)));
    send(store, "c", messages.collect()).await;
    for (most, count) in [(0, 0), (1, 1), (29, 29), (30, 30), (31, 30), (u32::MAX, 30)] {
        let all = (minute(0), minute(30));
        assert_eq!(look::received(store, "bo", all, most).await, count);
    }
}
