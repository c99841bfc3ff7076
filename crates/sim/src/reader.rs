//! Plays readers: each asks one question and notes the answer with the moments around it.

use crate::book::{Read, Told};
use crate::rng::Rng;
use crate::world::{Process, World};
use earnest_core::units::{ContractId, MessageId};
use earnest_engine::{Failure, MessageFilter, MessageRecord};
use std::sync::Arc;
use std::time::Duration;

/// What is asked.
#[derive(Debug, Clone)]
pub enum Question {
    /// A contract.
    Contract,
    /// Its credits.
    Balance,
    /// Its credits so many milliseconds ago.
    Past(i64),
    /// Its seats.
    Seats,
    /// Its grants.
    Grants,
    /// The grant of that place among those that clients have heard of.
    Grant(usize),
    /// The number of its newest event.
    Newest,
    /// A message.
    Message(MessageId),
    /// Its messages.
    Sent,
    /// What was written about a message.
    Conversation(MessageId),
    /// The report on answers.
    Responses,
    /// The story of a message.
    Story(MessageId),
}

impl Question {
    /// Every question about a contract as a whole.
    #[must_use]
    pub fn all() -> Vec<Self> {
        vec![
            Self::Contract,
            Self::Balance,
            Self::Past(0),
            Self::Past(86_400_000),
            Self::Seats,
            Self::Grants,
            Self::Newest,
            Self::Sent,
            Self::Responses,
        ]
    }

    /// Draws a question.
    pub fn draw(rng: &mut Rng, messages: &[MessageId]) -> Self {
        let message = rng.some(messages).cloned();
        match (rng.below(12), message) {
            (0, _) => Self::Contract,
            (1 | 2, _) => Self::Balance,
            (3, _) => Self::Past(rng.span(0, 400_000_000)),
            (4, _) => Self::Seats,
            (5, _) => Self::Grants,
            (6, _) => Self::Grant(rng.place(8)),
            (7, _) => Self::Newest,
            (8, Some(message)) => Self::Message(message),
            (9, Some(message)) => Self::Conversation(message),
            (10, Some(message)) => Self::Story(message),
            (11, _) => Self::Responses,
            _ => Self::Sent,
        }
    }
}

/// Asks one question of any process.
pub async fn read(world: Arc<World>, contract: ContractId, question: Question, mut rng: Rng) {
    if let Some(process) = world.some_process(&mut rng) {
        ask(&world, &process, &contract, question).await;
    }
}

/// Asks one question of a process and notes the answer.
pub async fn ask(world: &World, process: &Process, contract: &ContractId, question: Question) {
    let from = world.moment();
    world.note(|| {
        format!(
            "{} is asked of {contract}: {question:?}",
            process.life.name()
        )
    });
    let work = answer(world, process, contract, &question);
    let told = tokio::select! {
        biased;
        () = process.life.ended() => return,
        told = tokio::time::timeout(Duration::from_secs(600), work) => told,
    };
    let told = match told {
        Ok(Ok(told)) => told,
        Ok(Err(Failure::UnknownContract(_))) => Some(Told::NoContract),
        Ok(Err(Failure::Unavailable(_))) => None,
        Ok(Err(failure)) => {
            return world.complain(format!(
                "{contract}: {question:?} was answered with {failure:?}"
            ));
        }
        Err(_) => return world.complain(format!("{contract}: {question:?} is never answered")),
    };
    let Some(told) = told else {
        return;
    };
    world.note(|| format!("{} tells of {contract}: {told:?}", process.life.name()));
    let to = world.moment();
    let read = Read {
        process: process.number,
        from,
        to,
        contract: contract.clone(),
        told,
    };
    world.book.lock().reads.push(read);
}

async fn answer(
    world: &World,
    process: &Process,
    contract: &ContractId,
    question: &Question,
) -> Result<Option<Told>, Failure> {
    let engine = &process.engine;
    let told = match question {
        Question::Contract => Told::Contract(Box::new(engine.contract(contract).await?)),
        Question::Balance => Told::Balance(engine.balance(contract, None).await?),
        Question::Past(ago) => {
            let at = engine.now().plus_millis(-ago);
            match engine.balance(contract, Some(at)).await {
                Ok(balance) => Told::Past(balance),
                Err(Failure::Invalid { .. }) => return Ok(None),
                Err(failure) => return Err(failure),
            }
        }
        Question::Seats => Told::Seats(engine.seats(contract, 0, 1_000).await?.items),
        Question::Grants => Told::Grants(engine.grants(contract, 0, 10_000).await?.items),
        Question::Grant(place) => {
            let grants = heard_grants(world, contract);
            let Some(id) = grants.get(*place) else {
                return Ok(None);
            };
            Told::Grant(id.clone(), engine.grant(contract, id).await?)
        }
        Question::Newest => Told::Newest(engine.newest_event(contract).await?),
        Question::Message(id) => match engine.message(id).await {
            Ok(message) => Told::Message(id.clone(), Some(Box::new(message))),
            Err(Failure::UnknownMessage(_)) => Told::Message(id.clone(), None),
            Err(failure) => return Err(failure),
        },
        Question::Sent => Told::Sent(sent(process, contract).await?),
        Question::Conversation(id) => {
            Told::Conversation(id.clone(), engine.conversation(id).await?)
        }
        Question::Responses => Told::Responses(Box::new(engine.responses(contract).await?)),
        Question::Story(id) => {
            return match engine.explanation(id).await {
                Ok(_) | Err(Failure::UnknownMessage(_)) => Ok(None),
                Err(failure) => Err(failure),
            };
        }
    };
    Ok(Some(told))
}

fn heard_grants(world: &World, contract: &ContractId) -> Vec<earnest_core::units::GrantId> {
    let book = world.book.lock();
    let heard = book.heard.iter().find(|it| it.contract == *contract);
    heard.map(|heard| heard.grants.clone()).unwrap_or_default()
}

async fn sent(process: &Process, contract: &ContractId) -> Result<Vec<MessageRecord>, Failure> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let filter = MessageFilter::default();
        let page = process.engine.sent(contract, filter, after, 50).await?;
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}
