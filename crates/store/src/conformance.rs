//! The suite that every backend must pass.
//!
//! Owns: what a caller may rely on, as one case for each promise of [`Store`]; a backend's test file expands them
//! with [`conformance!`](crate::conformance!). Does not own: what is special to one backend, such as its files.
//! Invariants: a case begins with an empty store and asks only through the trait; no case looks at a clock, waits
//! or tries again, except where losing a race is what it is about.
//!
//! Left open by the trait, and so by the suite: the order of messages of one instant (it has to be the same on
//! every page), whether changes of one contract are told one by one or as the newest, what a page size of 0 gives,
//! and whether a batch without events is told to others.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a case fails by panicking, as tests do"
)]

pub mod answers;
pub mod build;
pub mod closing;
pub mod committing;
pub mod contracts;
pub mod deliveries;
pub mod documents;
pub mod foreign;
pub mod listing;
mod look;
pub mod messages;
pub mod reading;
pub mod snapshots;
pub mod together;

use crate::Store;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

type Opening = Pin<Box<dyn Future<Output = Arc<dyn Store>> + Send>>;

/// A place with an empty store, where further handles can be opened.
pub struct Opened {
    /// The first handle.
    pub store: Arc<dyn Store>,
    open: Box<dyn Fn() -> Opening + Send + Sync>,
}

impl Opened {
    /// Opens a store for the first time. Each call of `open` gives a further handle on the same data, as another
    /// process would have it; what the data needs (a folder, say) lives as long as `open` does.
    pub async fn with<F, O>(open: F) -> Self
    where
        F: Fn() -> O + Send + Sync + 'static,
        O: Future<Output = Arc<dyn Store>> + Send + 'static,
    {
        let store = open().await;
        Self {
            store,
            open: Box::new(move || Box::pin(open())),
        }
    }

    /// Opens another handle, as another process would.
    pub async fn another(&self) -> Arc<dyn Store> {
        (self.open)().await
    }

    /// Closes the first handle and opens the store again.
    pub async fn reopened(self) -> Self {
        self.store.close().await.unwrap();
        let Self { store, open } = self;
        drop(store);
        Self {
            store: open().await,
            open,
        }
    }
}

/// Expands to one test for each case. It is given what makes an empty place: something that is called without
/// arguments and, awaited, gives an [`Opened`](crate::conformance::Opened). With `ignore = "why"`
/// after it, every test is passed over unless it is asked for. The test crate needs `tokio` with `macros` and `rt-multi-thread`.
///
/// ```ignore
/// async fn memory() -> Opened {
///     let first = Arc::new(MemoryStore::new());
///     Opened::with(move || {
///         let another: Arc<dyn Store> = Arc::new(first.another());
///         async move { another }
///     })
///     .await
/// }
///
/// earnest_store::conformance!(memory);
/// ```
#[macro_export]
macro_rules! conformance {
    ($make:expr) => {
        $crate::conformance! { @all [] $make }
    };
    ($make:expr, ignore = $why:literal) => {
        $crate::conformance! { @all [#[ignore = $why]] $make }
    };
    (@all $attributes:tt $make:expr) => {
        $crate::conformance! {
            @cases $attributes $make;
            committing: [
                a_contract_begins_once,
                a_contract_that_is_not_there_is_at_number_0,
                a_wrong_expected_version_changes_nothing_at_all,
                a_taken_message_id_changes_nothing_at_all,
                a_taken_key_changes_nothing_at_all,
                a_message_id_is_taken_once_in_the_whole_store,
                two_new_messages_of_one_id_within_a_batch_conflict,
                one_key_answered_twice_within_a_batch_conflicts,
                own_ids_and_made_ids_of_one_instant_do_not_meet,
                a_batch_without_events_checks_the_version,
                a_batch_without_events_does_not_begin_a_contract,
            ],
            reading: [
                events_are_numbered_without_gaps,
                news_are_what_came_after_an_event,
                events_are_read_by_range_in_both_orders,
                a_range_without_events_is_empty,
                a_limit_cuts_the_far_end,
                every_kind_of_event_comes_back_as_it_was,
                the_log_has_every_batch_in_the_order_of_commit,
                the_log_is_read_in_parts,
                the_log_leaves_out_batches_without_events,
                many_events_in_one_batch_are_all_there,
            ],
            answers: [
                an_answer_is_found_as_it_was_given,
                an_answer_of_anybody_is_known_of_after_a_look,
                a_taken_key_conflicts,
                the_same_key_in_another_space_is_another_key,
                ten_thousand_keys_are_found_and_others_are_not,
                all_answers_are_listed_once,
            ],
            messages: [
                a_message_comes_back_as_it_was_sent,
                messages_are_read_by_id_in_the_order_asked,
                a_message_without_an_outcome_is_fresh,
                an_outcome_replaces_the_one_before,
                a_note_stays_where_the_new_outcome_has_none,
                of_several_outcomes_in_one_batch_the_last_counts,
                writings_are_kept_in_order,
                ids_of_every_character_and_length_come_back,
                texts_of_any_unicode_come_back,
                extreme_instants_come_back,
                credits_up_to_the_most_come_back,
            ],
            listing: [
                an_inbox_goes_over_all_contracts_newest_first,
                an_inbox_is_paged_while_new_messages_arrive,
                an_inbox_of_one_instant_is_paged_whole,
                an_inbox_is_filtered_by_status,
                backdated_messages_stand_in_their_place,
                an_id_that_spells_another_time_stands_where_it_was_sent,
                the_sent_list_is_by_contract_seat_and_campaign,
                the_sent_list_is_paged_with_all_filters,
                a_place_that_was_never_given_does_no_harm,
                lists_are_narrowed_to_a_span_and_paged_within_it,
                received_counts_from_an_instant_up_to_before_another,
                received_counts_up_to_the_most,
            ],
            contracts: [
                contracts_are_listed_in_the_order_of_their_ids,
                due_contracts_come_earliest_first,
                a_later_batch_moves_what_is_due,
                a_batch_without_events_moves_what_is_due,
                details_stay_where_a_batch_has_none,
                the_row_has_the_token_of_the_newest_event,
                the_figures_are_right,
            ],
            snapshots: [
                a_snapshot_is_kept_in_the_place_of_older_ones,
                a_newer_snapshot_wins,
                a_large_snapshot_is_kept_whole,
                snapshots_saved_at_once_are_never_mixed,
            ],
            documents: [
                versions_of_a_document_count_up,
                a_document_is_created_once,
                a_document_is_changed_at_its_version_only,
                a_document_is_removed_at_its_version_only,
                a_version_is_not_reused_after_a_removal,
                removing_what_is_not_there_is_no_mistake,
                documents_are_listed_in_the_order_of_their_ids,
                several_documents_are_written_all_or_none,
                kinds_are_kept_apart,
                kinds_are_listed,
            ],
            foreign: [
                the_first_question_begins_now,
                own_commits_are_not_shown,
                notes_that_change_without_an_event_are_shown,
                commits_of_others_are_shown_once,
                documents_of_others_are_shown_once,
                documents_of_a_fan_out_are_shown_to_others,
                what_failed_is_not_shown,
                a_reader_sees_what_another_handle_committed,
            ],
            deliveries: [
                a_delivery_is_added_once,
                a_fan_out_is_kept_whole_or_not_at_all,
                due_deliveries_come_earliest_first,
                waiting_deliveries_come_by_number,
                deliveries_are_listed_newest_first_in_pages,
                deliveries_are_listed_by_state,
                a_delivery_is_replaced,
                replacing_one_that_is_not_there_changes_nothing,
            ],
            together: [
                of_many_commits_to_one_version_one_wins,
                many_tasks_commit_to_one_contract,
                many_tasks_commit_to_many_contracts,
                many_tasks_write_one_document,
                of_many_messages_of_one_id_one_is_kept,
                of_many_answers_to_one_key_one_is_kept,
                a_reader_never_sees_half_a_batch,
                whoever_follows_the_log_misses_nothing,
                whoever_asks_for_changes_misses_none,
            ],
            closing: [
                everything_is_there_after_opening_again,
                a_closed_store_is_not_available,
                another_handle_goes_on_after_one_is_closed,
            ],
        }
    };
    (@cases $attributes:tt $make:expr; $($topic:ident: $cases:tt),* $(,)?) => {
        $($crate::conformance! { @topic $attributes $make; $topic $cases })*
    };
    (@topic $attributes:tt $make:expr; $topic:ident [$($case:ident),* $(,)?]) => {
        $($crate::conformance! { @case $attributes $make; $topic $case })*
    };
    (@case [$(#[$attribute:meta])*] $make:expr; $topic:ident $case:ident) => {
        $(#[$attribute])*
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $case() {
            $crate::conformance::$topic::$case($make().await).await;
        }
    };
}
