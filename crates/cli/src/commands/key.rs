//! `earnest key`: makes, lists and revokes API keys.
//!
//! Owns: the options and lines. Does not own: keys ([`earnest_engine::keys`]). Invariant: a key is printed
//! once, alone, to standard output, and nowhere else.

use crate::error::Error;
use crate::output::Out;
use crate::settings::StoreArgs;
use crate::store::{self, Need, block_on, refused};
use clap::ValueEnum;
use earnest_core::units::{ContractId, IdError, MemberId, SeatId};
use earnest_engine::keys::{KeyRecord, Scope};
use earnest_engine::{Engine, Failure};
use earnest_server::config::Config;
use serde_json::{Value, json};
use std::io::{self, Write as _};

const EXAMPLES: &str = "\
Examples:
  earnest key create --scope admin
  earnest key create --scope seat --contract acme --seat ana
  earnest key create --scope member --member bo
  earnest key create --scope seat --contract acme --seat ana --login-link";

/// What may be done with keys.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum KeyCommand {
    Create(CreateArgs),
    List(ListArgs),
    Revoke(RevokeArgs),
}

/// Makes a key, and prints it alone
///
/// It is shown this once: the store keeps a hash of it. A server that is running takes it at once.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CreateArgs {
    /// What it may do: admin, import, contract, seat or member
    #[arg(long, value_enum, value_name = "SCOPE", hide_possible_values = true)]
    scope: ScopeName,
    /// The contract of a `contract` or `seat` key
    #[arg(long, value_name = "C")]
    contract: Option<String>,
    /// The seat of a `seat` key
    #[arg(long, value_name = "S")]
    seat: Option<String>,
    /// The member of a `member` key
    #[arg(long, value_name = "M")]
    member: Option<String>,
    /// Print a link that signs its holder in on the pages, once, within ten minutes; the key itself is not shown
    #[arg(long)]
    login_link: bool,
    #[command(flatten)]
    store: StoreArgs,
}

/// Lists keys: ID SCOPE CONTRACT SEAT-OR-MEMBER CREATED LAST-USED STATE
///
/// One line a key, oldest first. A `-` stands for what a key does not have.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

/// Revokes a key: from the next request on it is refused, by every server on the store
#[derive(Debug, clap::Args)]
pub(crate) struct RevokeArgs {
    /// The key's id, as `earnest key list` shows it
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    store: StoreArgs,
}

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ScopeName {
    /// Everything.
    Admin,
    /// Everything, and the instants of what is told.
    Import,
    /// One contract.
    Contract,
    /// One seat.
    Seat,
    /// One recipient.
    Member,
}

/// Runs the one that was asked for.
pub(crate) fn run(command: &KeyCommand, out: &mut Out) -> Result<(), Error> {
    match command {
        KeyCommand::Create(args) => create(args, out),
        KeyCommand::List(args) => list(args, out),
        KeyCommand::Revoke(args) => revoke(args),
    }
}

fn create(args: &CreateArgs, out: &mut Out) -> Result<(), Error> {
    let scope = scope(args)?;
    let config = args.store.read()?;
    let key = block_on(async {
        let engine = store::take_up(&config, Need::Any).await?;
        remark(&engine, &scope).await?;
        let (record, key) = engine.create_key(scope).await.map_err(refused)?;
        let printed = match args.login_link {
            true => login_link(&engine, &config, record).await?,
            false => key,
        };
        store::close(&engine).await?;
        Ok(printed)
    })?;
    out.line(key)
}

/// Makes the link that signs a key's holder in.
async fn login_link(engine: &Engine, config: &Config, record: KeyRecord) -> Result<String, Error> {
    let token = engine.make_login_link(&record.id, record.scope).await;
    let path = earnest_web::link_path(&token.map_err(refused)?);
    let here = match &config.server.public_url {
        Some(url) => url.clone(),
        None => format!("http://{}", config.server.listen),
    };
    Ok(format!("{here}{path}"))
}

fn scope(args: &CreateArgs) -> Result<Scope, Error> {
    let name = args.scope.to_possible_value();
    let name = name.as_ref().map_or("", |value| value.get_name());
    let needed = |option: &str, value: &Option<String>| {
        value.clone().ok_or_else(|| {
            Error::Input(format!(
                "a key of the scope `{name}` is for one {option}; add `--{option} ID`"
            ))
        })
    };
    let bad = |option: &str, error: IdError| Error::Input(format!("`--{option}`: {error}"));
    let (scope, used): (Scope, &[&str]) = match args.scope {
        ScopeName::Admin => (Scope::Admin, &[]),
        ScopeName::Import => (Scope::Import, &[]),
        ScopeName::Contract => {
            let contract = needed("contract", &args.contract)?;
            let contract = ContractId::new(contract).map_err(|it| bad("contract", it))?;
            (Scope::Contract { contract }, &["contract"])
        }
        ScopeName::Seat => {
            let contract = needed("contract", &args.contract)?;
            let contract = ContractId::new(contract).map_err(|it| bad("contract", it))?;
            let seat = needed("seat", &args.seat)?;
            let seat = SeatId::new(seat).map_err(|it| bad("seat", it))?;
            (Scope::Seat { contract, seat }, &["contract", "seat"])
        }
        ScopeName::Member => {
            let member = needed("member", &args.member)?;
            let member = MemberId::new(member).map_err(|it| bad("member", it))?;
            (Scope::Member { member }, &["member"])
        }
    };
    let given = [
        ("contract", args.contract.is_some()),
        ("seat", args.seat.is_some()),
        ("member", args.member.is_some()),
    ];
    match given
        .iter()
        .find(|(option, given)| *given && !used.contains(option))
    {
        None => Ok(scope),
        Some((option, _)) => Err(Error::Input(format!(
            "a key of the scope `{name}` is not for one {option}; leave `--{option}` out, or take another scope"
        ))),
    }
}

/// Says where what the key is for is not there yet: a slip, or a key that is made ahead.
async fn remark(engine: &Engine, scope: &Scope) -> Result<(), Error> {
    let missing = match scope {
        Scope::Admin | Scope::Import | Scope::Member { .. } => None,
        Scope::Contract { contract } => match engine.contract(contract).await {
            Err(Failure::UnknownContract(_)) => Some(format!("contract `{contract}`")),
            other => other.map(|_| None).map_err(refused)?,
        },
        Scope::Seat { contract, seat } => match engine.seat(contract, seat).await {
            Err(Failure::UnknownContract(_)) => Some(format!("contract `{contract}`")),
            Ok(None) => Some(format!("seat `{seat}` of contract `{contract}`")),
            other => other.map(|_| None).map_err(refused)?,
        },
    };
    if let Some(missing) = missing {
        // Where this cannot be written, the key is made all the same.
        let _ = writeln!(
            io::stderr(),
            "there is no {missing} yet; the key works once there is"
        );
    }
    Ok(())
}

fn list(args: &ListArgs, out: &mut Out) -> Result<(), Error> {
    let config = args.store.read()?;
    let keys = block_on(async {
        let engine = store::take_up(&config, Need::There).await?;
        let keys = engine.list_keys().await.map_err(refused)?;
        store::close(&engine).await?;
        Ok(keys)
    })?;
    if args.json {
        let keys: Vec<Value> = keys.iter().map(data).collect();
        return out.json(&json!({ "keys": keys }));
    }
    lines(&keys).into_iter().try_for_each(|line| out.line(line))
}

/// Returns a line a key, its columns under one another.
fn lines(keys: &[KeyRecord]) -> Vec<String> {
    let rows: Vec<[String; 7]> = keys.iter().map(columns).collect();
    let mut widths = [0; 7];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.len());
        }
    }
    let line = |row: &[String; 7]| {
        let cells = row.iter().zip(widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

fn columns(key: &KeyRecord) -> [String; 7] {
    let (contract, of) = whom(key);
    let or_none = |cell: Option<String>| cell.unwrap_or_else(|| "-".to_owned());
    [
        key.id.clone(),
        key.scope.name().to_owned(),
        or_none(contract),
        or_none(of),
        key.created_at.to_string(),
        or_none(key.used_at.map(|at| at.to_string())),
        state(key).to_owned(),
    ]
}

/// Returns the contract and the seat or member that a key is for.
fn whom(key: &KeyRecord) -> (Option<String>, Option<String>) {
    match &key.scope {
        Scope::Admin | Scope::Import => (None, None),
        Scope::Contract { contract } => (Some(contract.to_string()), None),
        Scope::Seat { contract, seat } => (Some(contract.to_string()), Some(seat.to_string())),
        Scope::Member { member } => (None, Some(member.to_string())),
    }
}

const fn state(key: &KeyRecord) -> &'static str {
    match key.revoked_at {
        None => "active",
        Some(_) => "revoked",
    }
}

fn data(key: &KeyRecord) -> Value {
    let (contract, of) = whom(key);
    let (seat, member) = match &key.scope {
        Scope::Member { .. } => (None, of),
        _ => (of, None),
    };
    json!({
        "id": key.id,
        "scope": key.scope.name(),
        "contract": contract,
        "seat": seat,
        "member": member,
        "created_at": key.created_at,
        "used_at": key.used_at,
        "revoked_at": key.revoked_at,
        "state": state(key),
    })
}

fn revoke(args: &RevokeArgs) -> Result<(), Error> {
    let config = args.store.read()?;
    block_on(async {
        let engine = store::take_up(&config, Need::There).await?;
        match engine.revoke_key(&args.id).await {
            Ok(_) => store::close(&engine).await,
            Err(Failure::Unknown { id, .. }) => Err(Error::Input(format!(
                "there is no key `{id}`; `earnest key list` shows the ids"
            ))),
            Err(failure) => Err(refused(failure)),
        }
    })
}
