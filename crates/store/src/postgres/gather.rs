//! Lets callers who ask at the same time share one look at the database.
//!
//! Owns: who waits for which look. Invariant: whoever asks is answered by a look that began after the question, so
//! that the answer is never older than the question.

use crate::error::StoreError;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::oneshot;

type Answered<A> = Result<A, StoreError>;
type Waiting<Q, A> = Vec<(Q, oneshot::Sender<Answered<A>>)>;
type Look<Q, A> = dyn Fn(Vec<Q>) -> BoxFuture<'static, Answered<Vec<A>>> + Send + Sync;

/// Gathers questions.
pub(super) struct Gather<Q, A>(Arc<Parts<Q, A>>);

struct Parts<Q, A> {
    queue: Mutex<Queue<Q, A>>,
    look: Box<Look<Q, A>>,
    /// How many questions one look answers at most.
    most: usize,
}

struct Queue<Q, A> {
    waiting: Waiting<Q, A>,
    is_looking: bool,
}

impl<Q: Send + 'static, A: Send + 'static> Gather<Q, A> {
    /// Gathers questions for a look, which gives an answer to each, in their order.
    pub(super) fn new(
        most: usize,
        look: impl Fn(Vec<Q>) -> BoxFuture<'static, Answered<Vec<A>>> + Send + Sync + 'static,
    ) -> Self {
        let queue = Queue {
            waiting: Vec::new(),
            is_looking: false,
        };
        Self(Arc::new(Parts {
            queue: Mutex::new(queue),
            look: Box::new(look),
            most,
        }))
    }

    /// Asks, and waits for the answer.
    pub(super) async fn ask(&self, question: Q) -> Answered<A> {
        let (sender, answer) = oneshot::channel();
        let begins = {
            let mut queue = self.0.queue.lock();
            queue.waiting.push((question, sender));
            !std::mem::replace(&mut queue.is_looking, true)
        };
        if begins {
            // Whoever asks may go away; others wait for the same look.
            tokio::spawn(answer_all(Arc::clone(&self.0)));
        }
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("the process is ending".to_owned())))
    }
}

async fn answer_all<Q, A>(parts: Arc<Parts<Q, A>>) {
    loop {
        let some: Waiting<Q, A> = {
            let mut queue = parts.queue.lock();
            if queue.waiting.is_empty() {
                queue.is_looking = false;
                return;
            }
            let some = queue.waiting.len().min(parts.most);
            queue.waiting.drain(..some).collect()
        };
        let (questions, senders): (Vec<Q>, Vec<_>) = some.into_iter().unzip();
        match (parts.look)(questions).await {
            Ok(answers) => {
                for (sender, answer) in senders.into_iter().zip(answers) {
                    // Whoever asked may have gone away.
                    drop(sender.send(Ok(answer)));
                }
            }
            Err(error) => {
                for sender in senders {
                    drop(sender.send(Err(error.clone())));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Semaphore;

    #[tokio::test]
    async fn who_asks_while_a_look_is_under_way_waits_for_the_next() {
        let looks = Arc::new(AtomicUsize::new(0));
        let go = Arc::new(Semaphore::new(0));
        let (counted, gate) = (Arc::clone(&looks), Arc::clone(&go));
        let gather = Arc::new(Gather::new(100, move |questions: Vec<usize>| {
            let look = counted.fetch_add(1, Ordering::SeqCst);
            let gate = Arc::clone(&gate);
            Box::pin(async move {
                gate.acquire().await.unwrap().forget();
                Ok(questions.into_iter().map(|it| (it, look)).collect())
            })
        }));
        let ask = |question| {
            let gather = Arc::clone(&gather);
            tokio::spawn(async move { gather.ask(question).await.unwrap() })
        };
        let first = ask(0);
        while looks.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let others: Vec<_> = (1..10).map(ask).collect();
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        go.add_permits(2);
        assert_eq!(first.await.unwrap(), (0, 0));
        for (question, other) in (1..).zip(others) {
            assert_eq!(other.await.unwrap(), (question, 1));
        }
    }
}
