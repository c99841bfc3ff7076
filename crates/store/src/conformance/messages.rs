//! Messages come back as they were sent, with what became of them.

#![expect(missing_docs, reason = "the names of the cases are sentences")]

use super::build::{
    Draft, campaign, contract, id, lapsed, member, message, minute, responded, seat, writing,
};
use super::{Opened, look};
use crate::{MessageRow, NewMessage, Outcome, Store, Which, Writing, message_id};
use earnest_core::command::{Side, Source};
use earnest_core::event::{Event, Fact};
use earnest_core::policy::ResponseKind;
use earnest_core::units::{Credits, GrantId, MessageId, Timestamp};
use earnest_core::{Conversation, Credit, SettledBy, Status};

/// Begins contract `c` with messages, and returns them with their numbers.
async fn begin_with(store: &dyn Store, messages: Vec<NewMessage>) -> Vec<NewMessage> {
    let batch = Draft::begin("c").send_all(messages).batch();
    let sent = batch.messages.clone();
    store.commit(batch).await.unwrap();
    sent
}

async fn outcome(store: &dyn Store, of: &NewMessage) -> Outcome {
    look::one(store, &of.id).await.unwrap().outcome
}

async fn come_back(opened: Opened, messages: Vec<NewMessage>) {
    let sent = begin_with(&*opened.store, messages).await;
    let opened = opened.reopened().await;
    for message in sent {
        let row = look::one(&*opened.store, &message.id).await.unwrap();
        assert_eq!(
            row.outcome,
            Outcome::fresh(message.id.clone(), message.price)
        );
        assert_eq!(row.sent, message);
        assert_eq!(row.contract, contract("c"));
    }
}

pub async fn a_message_comes_back_as_it_was_sent(opened: Opened) {
    let plain = message("m-1", "bo", minute(1));
    let full = NewMessage {
        seat: seat("cy"),
        campaign: Some(campaign("spring")),
        bulk: true,
        deadline: minute(2).plus_millis(1),
        version: u16::MAX,
        price: u32::MAX,
        ..message("m-2", "di", minute(2).plus_millis(-1))
    };
    let empty = NewMessage {
        price: 0,
        subject: String::new(),
        body: String::new(),
        ..message(message_id(minute(3), 9).as_str(), "ed", minute(3))
    };
    come_back(opened, vec![plain, full, empty]).await;
}

pub async fn messages_are_read_by_id_in_the_order_asked(opened: Opened) {
    let store = &*opened.store;
    let made = message_id(minute(2), 4);
    let all = ["m-1", made.as_str(), "m-2", "m-3"];
    let messages = (1..).zip(all);
    let messages = messages.map(|(n, id)| message(id, "bo", minute(n)));
    begin_with(store, messages.collect()).await;
    let unknown = message_id(minute(2), 5);
    let asked = ["m-3", "m-0", made.as_str(), unknown.as_str(), "m-1"];
    let which = Which::Ids(asked.into_iter().map(id).collect());
    let found = look::messages(store, which, None).await;
    assert_eq!(look::ids(&found), ["m-3", made.as_str(), "m-1"]);
    let none = look::messages(store, Which::Ids(Vec::new()), None).await;
    assert_eq!(none, []);
}

pub async fn a_message_without_an_outcome_is_fresh(opened: Opened) {
    let store = &*opened.store;
    let free = NewMessage {
        price: 0,
        ..message("m-2", "bo", minute(2))
    };
    let sent = begin_with(store, vec![message("m-1", "bo", minute(1)), free]).await;
    for message in sent {
        let fresh = outcome(store, &message).await;
        assert_eq!(fresh, Outcome::fresh(message.id.clone(), message.price));
    }
}

pub async fn an_outcome_replaces_the_one_before(opened: Opened) {
    let store = &*opened.store;
    let sent = begin_with(
        store,
        vec![
            message("m-1", "bo", minute(1)),
            message("m-2", "bo", minute(1)),
        ],
    )
    .await;
    let message = &sent[0];
    let seen = Outcome {
        seen_at: Some(minute(2)),
        ..Outcome::fresh(message.id.clone(), 1)
    };
    let reported = Outcome {
        status: Status::Pending,
        credit: Credit::Consumed,
        settled_by: Some(SettledBy::Report),
        settled_at: Some(minute(3)),
        settled_seq: Some(u64::from(u32::MAX)),
        responded_at: None,
        response: Some(ResponseKind::NotInterested),
        note: None,
        seen_at: None,
        reported_at: Some(Timestamp::MAX),
        conversation: Conversation::Declined,
        message: message.id.clone(),
    };
    let settled_by_send = Outcome {
        settled_by: Some(SettledBy::Send),
        settled_at: Some(Timestamp::MIN),
        credit: Credit::None,
        response: Some(ResponseKind::Accept),
        ..reported.clone()
    };
    let all = [
        seen,
        reported,
        settled_by_send,
        responded(message, minute(4), Some("yes")),
        lapsed(message),
    ];
    for (seq, given) in (3..).zip(all) {
        let draft = Draft::after("c", seq).any_event().outcome(given.clone());
        store.commit(draft.batch()).await.unwrap();
        let kept = outcome(store, message).await;
        let note = kept.note.clone();
        assert_eq!(kept, Outcome { note, ..given });
    }
    let other = outcome(store, &sent[1]).await;
    assert_eq!(other, Outcome::fresh(sent[1].id.clone(), 1));
}

pub async fn a_note_stays_where_the_new_outcome_has_none(opened: Opened) {
    let store = &*opened.store;
    let sent = begin_with(store, vec![message("m", "bo", minute(1))]).await;
    let given = [None, Some("yes"), None, Some(""), Some("no"), None];
    let kept = [
        None,
        Some("yes"),
        Some("yes"),
        Some(""),
        Some("no"),
        Some("no"),
    ];
    for (seq, (given, kept)) in (2..).zip(given.into_iter().zip(kept)) {
        let next = responded(&sent[0], minute(2), given);
        let draft = Draft::after("c", seq).any_event().outcome(next);
        store.commit(draft.batch()).await.unwrap();
        assert_eq!(outcome(store, &sent[0]).await.note.as_deref(), kept);
    }
}

pub async fn of_several_outcomes_in_one_batch_the_last_counts(opened: Opened) {
    let store = &*opened.store;
    // Also in the batch that sends the message.
    let mut one = message("m-1", "bo", minute(1));
    one.seq = 2;
    let batch = Draft::begin("c")
        .send(one.clone())
        .outcome(lapsed(&one))
        .outcome(responded(&one, minute(2), None));
    store.commit(batch.batch()).await.unwrap();
    let kept = outcome(store, &one).await;
    assert_eq!(kept, responded(&one, minute(2), None));
    let batch = Draft::after("c", 2)
        .any_event()
        .outcome(responded(&one, minute(2), Some("yes")))
        .outcome(lapsed(&one));
    store.commit(batch.batch()).await.unwrap();
    let kept = outcome(store, &one).await;
    assert_eq!(kept.status, Status::Lapsed);
}

pub async fn writings_are_kept_in_order(opened: Opened) {
    let store = &opened.store;
    let made = message_id(minute(1), 1);
    let sent = begin_with(
        &**store,
        vec![
            message("m", "bo", minute(1)),
            message(made.as_str(), "cy", minute(1)),
        ],
    )
    .await;
    let response = Writing {
        response: Some(ResponseKind::NotInterested),
        auto: true,
        ..writing(&sent[0], 4, "")
    };
    let from_seat = Writing {
        from: Side::Seat,
        at: minute(99),
        ..writing(&sent[0], 5, "and this?")
    };
    let third = writing(&sent[0], 6, "it's \"that\"\n\u{1f44d}");
    let aside = writing(&sent[1], 5, "another conversation");
    let first = Draft::after("c", 3)
        .any_event()
        .any_event()
        .write(response.clone())
        .write(from_seat.clone())
        .write(aside.clone());
    store.commit(first.batch()).await.unwrap();
    let second = Draft::after("c", 5).any_event().write(third.clone());
    store.commit(second.batch()).await.unwrap();
    let opened = opened.reopened().await;
    let store = &opened.store;
    let kept = store.writings(&sent[0].id).await.unwrap();
    assert_eq!(kept, [response, from_seat, third]);
    assert_eq!(store.writings(&sent[1].id).await, Ok(vec![aside]));
    assert_eq!(store.writings(&id("unknown")).await, Ok(Vec::new()));
}

pub async fn ids_of_every_character_and_length_come_back(opened: Opened) {
    let every: String = ('a'..='z')
        .chain('A'..='Z')
        .chain('0'..='9')
        .chain("._:@-".chars())
        .collect();
    let longest = every.repeat(2).chars().rev().take(128).collect::<String>();
    let mut ids: Vec<String> = every.chars().map(|c| format!("id{c}{c}")).collect();
    ids.extend((1..=128).map(|length| "x".repeat(length)));
    ids.extend((1..=16).map(|length| "0".repeat(length)));
    ids.push(longest.clone());
    ids.push("-1".to_owned());
    ids.push("1.0".to_owned());
    ids.push("ABC".to_owned());
    ids.push("abC".to_owned());
    let messages = ids.iter().map(|id| NewMessage {
        seat: seat(&longest),
        campaign: Some(campaign(&longest)),
        ..message(id, &longest, minute(1))
    });
    let batch = Draft::begin(&longest).send_all(messages).batch();
    let sent = batch.messages.clone();
    opened.store.commit(batch).await.unwrap();
    let opened = opened.reopened().await;
    let store = &*opened.store;
    for message in &sent {
        let row = look::one(store, &message.id).await.unwrap();
        assert_eq!(row.sent, *message);
        assert_eq!(row.contract.as_str(), longest);
    }
    let which = Which::Inbox(member(&longest));
    assert_eq!(look::messages(store, which, None).await.len(), sent.len());
    let which = Which::Sent {
        contract: contract(&longest),
        seat: Some(seat(&longest)),
        campaign: Some(campaign(&longest)),
    };
    assert_eq!(look::messages(store, which, None).await.len(), sent.len());
    assert_eq!(look::contracts(store).await[0].id.as_str(), longest);
}

pub async fn texts_of_any_unicode_come_back(opened: Opened) {
    let long = "Grüße, \u{1f4e8}! ".repeat(20_000);
    let texts = [
        "it's \"quoted\"; DROP TABLE messages; --",
        "two\nlines\r\nand a tab\t.",
        " white space at both ends ",
        "{\"json\": [null]} <b>&amp;</b> \\u0041 \\",
        "\u{1f469}\u{200d}\u{1f4bb} \u{1f44d}\u{1f3fd} \u{1f1e9}\u{1f1ea}",
        "e\u{301} is not \u{e9}",
        "שלום مرحبا \u{202e}edirrevo\u{202c}",
        "\u{feff}\u{fffd}\u{fffe}\u{ffff}\u{10ffff}\u{e000}\u{7f}\u{1}\u{1b}",
        "a zero \u{0} in the middle",
        "\u{0}",
        &long,
    ];
    let messages = (1..).zip(texts).map(|(n, text)| NewMessage {
        subject: text.to_owned(),
        body: format!("{text}{text}"),
        ..message(format!("m-{n}"), "bo", minute(n))
    });
    let batch = Draft::begin("c").send_all(messages);
    let first = batch.clone().batch().messages[0].clone();
    let batch = texts
        .iter()
        .fold(batch, |batch, text| batch.write(writing(&first, 2, text)));
    let batch = batch.outcome(responded(&first, minute(1), Some(&texts.concat())));
    let sent = batch.clone().batch().messages;
    opened.store.commit(batch.batch()).await.unwrap();
    let opened = opened.reopened().await;
    let store = &*opened.store;
    for message in sent {
        let row = look::one(store, &message.id).await.unwrap();
        assert!(row.sent == message, "{} is not as it was", message.id);
    }
    let kept = store.writings(&first.id).await.unwrap();
    let kept: Vec<&str> = kept.iter().map(|writing| &*writing.text).collect();
    assert!(kept == texts, "a writing is not as it was");
    let note = outcome(store, &first).await.note.unwrap();
    assert!(note == texts.concat(), "the note is not as it was");
}

pub async fn extreme_instants_come_back(opened: Opened) {
    let day = 86_400_000;
    let instants = [
        Timestamp::MIN,
        Timestamp::MIN.plus_millis(1),
        Timestamp::from_millis(-1).unwrap(),
        Timestamp::from_millis(0).unwrap(),
        Timestamp::from_millis(1 << 42).unwrap(),
        Timestamp::MAX.plus_millis(-day),
        Timestamp::MAX,
    ];
    let messages = (0..).zip(instants).flat_map(|(n, instant)| {
        let made = message_id(instant, n);
        [
            message(format!("own-{n}"), "bo", instant),
            message(made.as_str(), "bo", instant),
        ]
    });
    let sent = begin_with(&*opened.store, messages.collect()).await;
    let opened = opened.reopened().await;
    let store = &*opened.store;
    for message in &sent {
        let row = look::one(store, &message.id).await.unwrap();
        assert_eq!(row.sent, *message);
    }
    let listed = look::messages(store, Which::Inbox(member("bo")), None).await;
    let listed: Vec<Timestamp> = listed.iter().map(|row| row.sent.sent_at).collect();
    let mut expected: Vec<Timestamp> = sent.iter().map(|message| message.sent_at).collect();
    expected.sort_unstable();
    expected.reverse();
    assert_eq!(listed, expected);
    let ever = (Timestamp::MIN, Timestamp::MAX);
    let received = look::received(store, "bo", ever, 99).await;
    assert_eq!(received, 12, "what is sent at the end is not before it");
}

pub async fn credits_up_to_the_most_come_back(opened: Opened) {
    let store = &*opened.store;
    let grants = [0, 1, (1 << 53) - 2, (1 << 53) - 1].map(|credits| Event {
        at: minute(1),
        fact: Fact::GrantMade {
            grant: GrantId::new(format!("g-{credits}")).unwrap(),
            credits: Credits(credits),
            source: Source::Adjustment,
            effective_at: Timestamp::MIN,
            expires_at: Some(Timestamp::MAX),
            priority: u32::MAX,
        },
    });
    let draft = grants.iter().cloned().fold(Draft::begin("c"), Draft::event);
    store.commit(draft.batch()).await.unwrap();
    let opened = opened.reopened().await;
    let kept = look::events(&*opened.store, &contract("c")).await;
    let kept: Vec<Event> = kept.into_iter().map(|stored| stored.event).collect();
    assert_eq!(kept[1..], grants);
}

/// Returns the ids of messages, for comparing lists.
pub(super) fn owned(rows: &[MessageRow]) -> Vec<MessageId> {
    rows.iter().map(|row| row.sent.id.clone()).collect()
}
