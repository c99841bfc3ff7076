//! `earnest demo`: a server with a made-up year of outreach in it.
//!
//! Owns: filling the store, choosing whom keys are for, what is printed. Does not own: the year
//! ([`earnest_backtest::generate`]), putting it into a store ([`crate::import`]), serving ([`super::serve`]).
//! Invariant: without `--store` nothing is left when it ends.

mod words;

use crate::call::at_least_one;
use crate::commands::serve;
use crate::error::Error;
use crate::import::{self, Import, Told};
use crate::number::{count, thousands};
use crate::output::{Look, Out};
use crate::store::{self, Need, block_on, refused};
use crate::{logging, progress};
use earnest_backtest::generate::{Generator, Output};
use earnest_backtest::log::{Format, Log};
use earnest_core::Status;
use earnest_core::policy::preset;
use earnest_core::units::{ContractId, MemberId, MessageId, SeatId, Timestamp};
use earnest_engine::keys::Scope;
use earnest_engine::{Engine, MessageFilter};
use earnest_server::config::{Config, LogLevel, StoreUrl};
use earnest_server::{BindError, Server};
use std::net::SocketAddr;
use std::sync::Arc;
use words::MadeUp;

const DAY: i64 = 86_400_000;
/// The policy of the made-up contracts.
const POLICY: &str = "inmail-2015";

const EXAMPLES: &str = "\
Examples:
  earnest demo
  earnest demo --messages 100000 --seed 7
  earnest demo --store sqlite:demo.db";

/// Serves a made-up year of outreach, with links and keys to look around with
///
/// The year ends about now, and from there on it is now: what you send, answer and let lapse is real. The store is in
/// a temporary folder and gone with the server, unless --store names one to keep; one that has something in it is
/// served as it is.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DemoArgs {
    /// Where to keep the store [default: a temporary folder]
    #[arg(long, value_name = "URL")]
    store: Option<StoreUrl>,
    /// Where to listen; where that is taken, another port is
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// What the year grows from: same seed, same year
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many messages
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value_t = 20_000)]
    messages: u64,
}

/// Fills a store, prints how to try it, and serves.
pub(crate) fn run(args: &DemoArgs, out: &mut Out) -> Result<(), Error> {
    let folder = tempfile::Builder::new().prefix("earnest-demo-").tempdir();
    let folder = folder
        .map_err(|error| Error::Input(format!("a temporary folder cannot be made: {error}")))?;
    let mut config = Config::default();
    config.log.level = LogLevel::Warn;
    config.server.listen = args.listen;
    config.server.webhook_allow_private = true;
    // A demo is for one; what the system allows is not to be remarked on.
    config.server.connections_most = 500;
    let beside = StoreUrl::Sqlite(folder.path().join("earnest.db"));
    config.store = args.store.clone().unwrap_or(beside);
    logging::begin(config.log);
    block_on(demo(args, &config, out))
}

async fn demo(args: &DemoArgs, config: &Config, out: &mut Out) -> Result<(), Error> {
    let stop = serve::stop_signal()?;
    let mut options = config.engine.clone();
    options.waiting_most = 1_000_000;
    let engine = store::engine(store::open(config, Need::Any).await?, options).await?;
    let is_empty = engine
        .contract_ids(None, 1)
        .await
        .map_err(refused)?
        .is_empty();
    let told = match is_empty {
        true => Some(fill(&engine, made_up(args)?).await?),
        false => None,
    };
    let cast = Cast::choose(&engine).await?;
    let (server, moved) = bind(&engine, config)?;
    let page = Page {
        address: format!("http://{}", server.local_addr()),
        moved,
        kept: args.store.as_ref(),
        told,
        cast: &cast,
    };
    page.print(&engine, out).await?;
    out.flush()?;
    serve::run_until(engine, server, stop).await
}

/// Makes the year up.
fn made_up(args: &DemoArgs) -> Result<Arc<Log>, Error> {
    let mut text = Vec::new();
    let generator = Generator::new(args.messages, args.seed);
    generator.write(&mut text, Output::Csv, &mut |_| {})?;
    let log = Log::read_with_campaigns(&*text, "the made-up year", Format::Csv, &mut |_| {});
    log.map(Arc::new).map_err(Error::input)
}

async fn fill(engine: &Engine, log: Arc<Log>) -> Result<Told, Error> {
    let policy = preset::get(POLICY);
    let policy = policy.ok_or_else(|| Error::Input(format!("there is no preset `{POLICY}`")))?;
    let import = Arc::new(Import {
        shift: shift(&log, engine.now()),
        policy,
        unlimited: false,
        until: None,
        live: true,
        words: Box::new(MadeUp::of(&log)),
        log,
    });
    let bar = progress::messages("filling", import.messages());
    let counting = bar.clone();
    let told = import::run(
        engine,
        &import,
        None,
        Arc::new(move |more| counting.inc(more)),
    )
    .await;
    bar.finish_and_clear();
    told
}

/// Returns by how much the year is moved to end now: by whole days, so that people write by day.
fn shift(log: &Log, now: Timestamp) -> i64 {
    now.millis_since(log.last()).div_euclid(DAY) * DAY
}

/// Listens where it is said or, where that is taken, at another port; returns the one that was taken.
fn bind(engine: &Engine, config: &Config) -> Result<(Server, Option<SocketAddr>), Error> {
    let taken = match serve::bind(engine, &config.server) {
        Ok(server) => return Ok((server, None)),
        Err(BindError::Taken(address)) => address,
        Err(error) => return Err(Error::input(error)),
    };
    let mut settings = config.server.clone();
    settings.listen.set_port(0);
    let server = serve::bind(engine, &settings).map_err(Error::input)?;
    Ok((server, Some(taken)))
}

/// Whom keys are for.
struct Cast {
    contract: ContractId,
    seat: SeatId,
    member: MemberId,
    /// How many messages wait for the member.
    waiting: usize,
    /// A message of the seat.
    message: Option<MessageId>,
}

impl Cast {
    /// Chooses the seat that has sent most, its contract, and a member with a full inbox.
    async fn choose(engine: &Engine) -> Result<Self, Error> {
        const LOOK_AT: usize = 200;
        let mut busiest: Option<(u64, ContractId, SeatId)> = None;
        for contract in engine.contract_ids(None, LOOK_AT).await.map_err(refused)? {
            let report = engine.responses(&contract).await.map_err(refused)?;
            for (seat, tally) in report.seats {
                if busiest
                    .as_ref()
                    .is_none_or(|(most, _, _)| tally.sent > *most)
                {
                    busiest = Some((tally.sent, contract.clone(), seat));
                }
            }
        }
        let (_, contract, seat) = busiest.ok_or_else(|| {
            Error::Input("the store has no messages; name another with `--store`".to_owned())
        })?;
        let filter = MessageFilter {
            seat: Some(seat.clone()),
            ..MessageFilter::default()
        };
        let sent = engine
            .sent(&contract, filter, None, LOOK_AT)
            .await
            .map_err(refused)?;
        let pending = sent.items.iter().find(|it| it.status == Status::Pending);
        let example = pending.or(sent.items.first());
        // A store that is not the demo's own has another member with something in the inbox.
        let bo = MemberId::new(words::MEMBER).map_err(Error::input)?;
        let (mut member, mut waiting) = (bo.clone(), waiting(engine, &bo).await?);
        if let Some(other) = example.filter(|_| waiting == 0) {
            member = other.to.clone();
            waiting = self::waiting(engine, &member).await?;
        }
        Ok(Self {
            message: example.map(|message| message.id.clone()),
            contract,
            seat,
            member,
            waiting,
        })
    }

    /// Makes a key for each role, and a link by which it is signed in with.
    async fn keys(&self, engine: &Engine) -> Result<Vec<Role>, Error> {
        let Self {
            contract,
            seat,
            member,
            ..
        } = self;
        let waiting = u64::try_from(self.waiting).unwrap_or(u64::MAX);
        let roles = [
            (Scope::Admin, "everything".to_owned()),
            (
                Scope::Contract {
                    contract: contract.clone(),
                },
                format!("contract {contract}"),
            ),
            (
                Scope::Seat {
                    contract: contract.clone(),
                    seat: seat.clone(),
                },
                format!("seat {seat} of {contract}"),
            ),
            (
                Scope::Member {
                    member: member.clone(),
                },
                format!("member {member}, {} waiting", count(waiting, "message")),
            ),
        ];
        let mut keys = Vec::new();
        for (scope, whom) in roles {
            let name = scope.name();
            let (record, key) = engine.create_key(scope).await.map_err(refused)?;
            let token = engine.make_login_link(&record.id, record.scope).await;
            keys.push(Role {
                name,
                key,
                whom,
                link: earnest_web::link_path(&token.map_err(refused)?),
            });
        }
        Ok(keys)
    }
}

/// Returns how many messages wait for a member.
async fn waiting(engine: &Engine, member: &MemberId) -> Result<usize, Error> {
    let inbox = engine
        .inbox(member, Some(Status::Pending), None, 1_000)
        .await;
    Ok(inbox.map_err(refused)?.items.len())
}

/// A role to look around in.
struct Role {
    name: &'static str,
    key: String,
    /// Whom it stands for.
    whom: String,
    /// The path of its login link.
    link: String,
}

/// What is printed.
struct Page<'a> {
    address: String,
    /// The address that was taken.
    moved: Option<SocketAddr>,
    kept: Option<&'a StoreUrl>,
    told: Option<Told>,
    cast: &'a Cast,
}

impl Page<'_> {
    async fn print(&self, engine: &Engine, out: &mut Out) -> Result<(), Error> {
        let keys = self.cast.keys(engine).await?;
        if let Some(taken) = self.moved {
            out.line(format_args!("{taken} is taken, so another port is used"))?;
        }
        let heading = format_args!("Earnest runs at {}", self.address);
        out.line(out.paint(Look::Bold, heading))?;
        out.line(self.store())?;
        out.line("")?;
        let heading = format_args!("Look around: each link signs in once, within ten minutes");
        out.line(out.paint(Look::Bold, heading))?;
        for role in &keys {
            out.line(format_args!(
                "  {}{}  {}",
                self.address, role.link, role.whom
            ))?;
        }
        out.line("")?;
        out.line(out.paint(
            Look::Bold,
            format_args!("Keys, to sign in with again and for programs"),
        ))?;
        for role in &keys {
            let Role {
                name, key, whom, ..
            } = role;
            out.line(format_args!("  {name:<8}  {key}  {whom}"))?;
        }
        out.line("")?;
        out.line(out.paint(Look::Bold, format_args!("Try")))?;
        for (what, call) in self.calls(&keys) {
            out.line(format_args!("  # {what}"))?;
            out.line(format_args!("  {call}"))?;
        }
        out.line("")?;
        out.line("ctrl-c ends it")
    }

    fn store(&self) -> String {
        let filled = match &self.told {
            Some(told) => format!(
                "{} of {} and {}, {} answered",
                count(told.sent, "message"),
                count(told.contracts, "contract"),
                count(told.seats, "seat"),
                thousands(told.answers)
            ),
            None => "a store that was there before".to_owned(),
        };
        match self.kept {
            Some(store) => format!("{filled}; kept in {store}"),
            None => format!("{filled}; gone when this ends (`--store sqlite:demo.db` keeps it)"),
        }
    }

    /// Returns calls to try, each with what it asks.
    fn calls(&self, keys: &[Role]) -> Vec<(&'static str, String)> {
        let key = |role: &str| {
            let found = keys.iter().find(|it| it.name == role);
            found.map_or("", |it| it.key.as_str())
        };
        let curl = |role: &str, path: &str| {
            let (address, key) = (&self.address, key(role));
            format!("curl -s -H 'Authorization: Bearer {key}' '{address}{path}'")
        };
        let Cast {
            contract,
            seat,
            member,
            message,
            ..
        } = self.cast;
        let inbox = format!("/v1/members/{member}/inbox?status=pending&limit=3");
        let letter = serde_json::json!({
            "contract": contract, "seat": seat, "to": "di",
            "subject": "An opening", "body": "Would you like to hear more?",
        });
        let preview = format!(
            "{} -H 'Content-Type: application/json' -d '{letter}'",
            curl("seat", "/v1/messages/preview")
        );
        let mut calls = vec![
            (
                "the contract's credits",
                curl("contract", &format!("/v1/contracts/{contract}/balance")),
            ),
            ("what waits for the member", curl("member", &inbox)),
        ];
        if let Some(message) = message {
            let path = format!("/v1/messages/{message}/explanation");
            calls.push(("when a credit is returned, and why", curl("seat", &path)));
        }
        calls.push(("what would become of a message; nothing is sent", preview));
        calls
    }
}
