//! The lab: a log, the policies to try on it, and the runs that there are.
//!
//! Owns: the form, what is wrong with it, and what it asks for. Does not own: runs ([`crate::lab`]), a run's page
//! ([`super::lab_run`]).

mod ask;
mod show;

pub(super) use ask::skipped;

use crate::fault::{Answer, Fault, see};
use crate::form::{Errors, Form};
use crate::lab::{FILE_MOST, Lab};
use crate::names::Names;
use crate::query::Query;
use crate::visitor::Visitor;
use axum::Extension;
use axum::extract::{Request, State};
use earnest_core::policy::Policy;
use earnest_core::units::ContractId;
use earnest_engine::PolicyRecord;
use earnest_server::{App, Code, Operation};
use http::Uri;
use show::Shown;
use std::sync::Arc;

/// What the form's tabs are called, each by the value of its field.
const COMPARE: &str = "compare";
const SWEEP: &str = "sweep";

/// Shows the form, and the runs.
pub(crate) async fn get_lab(
    State(app): State<App>,
    Extension(lab): Extension<Lab>,
    visitor: Visitor,
    uri: Uri,
) -> Answer {
    visitor.may(Operation::TryPolicies)?;
    let query = Query::of(&uri, &["contract", "try", "like"]);
    let like = query.get("like").and_then(|id| lab.find(&visitor, id));
    let form = match like {
        Some(run) => run.form.clone(),
        None => fresh(&visitor, &query),
    };
    let known = Known::of(&app, &visitor, &form).await?;
    Ok(show::page(&app, &visitor, &lab, &known, &Shown::of(&form)))
}

/// Returns the form before anything was typed.
fn fresh(visitor: &Visitor, query: &Query) -> Form {
    let contract = query.get("contract").unwrap_or_default();
    let of_contract = visitor.only_contract().is_some() || !contract.is_empty();
    let kind = match query.get("try") {
        Some(SWEEP) => SWEEP,
        _ => COMPARE,
    };
    Form::filled(&[
        ("kind", kind),
        ("source", if of_contract { "contract" } else { "file" }),
        ("contract", contract),
        ("own", "on"),
        ("policy", "inmail-2015"),
        ("policy", "inmail-thread"),
        ("credits", "granted"),
        ("base", "inmail-thread"),
        ("vary1", "gate.check.rate_at_most=5%..25%:1%"),
        ("vary2", "gate.check.sent_at_least=25,50,100"),
        ("rank", "avoided"),
    ])
}

/// Begins a run.
pub(crate) async fn post_lab(
    State(app): State<App>,
    Extension(lab): Extension<Lab>,
    visitor: Visitor,
    request: Request,
) -> Answer {
    visitor.may(Operation::TryPolicies)?;
    let Ok(arriving) = lab.receive() else {
        // The form that was sent is not read, so that it cannot be shown again.
        return Err(Fault::busy(
            "others send their logs just now; go back and send the form again in a minute",
        ));
    };
    let sent = Form::with_file(&app, &visitor, request, FILE_MOST).await;
    drop(arriving);
    let mut errors = Errors::default();
    let (form, file) = match sent {
        Ok(sent) => sent,
        Err(fault) if fault.code() == Some(Code::BodyTooLarge) => {
            let form = fresh(&visitor, &Query::of(&Uri::from_static("/lab"), &[]));
            errors.add("file", show::too_large());
            let known = Known::of(&app, &visitor, &form).await?;
            let shown = Shown::wrong(&form, &errors);
            return Ok(show::page(&app, &visitor, &lab, &known, &shown));
        }
        Err(fault) => return Err(fault),
    };
    let known = Known::of(&app, &visitor, &form).await?;
    let asked = ask::asked(&visitor, &form, file, &known, &mut errors).await;
    let Some(asked) = asked else {
        let shown = Shown::wrong(&form, &errors);
        return Ok(show::page(&app, &visitor, &lab, &known, &shown));
    };
    match lab.begin(&app, &visitor, form.text(crate::form::ONCE), asked) {
        Ok(run) => Ok(see(&format!("/lab/runs/{}", run.id))),
        Err(_busy) => {
            let shown = Shown::busy(&form);
            Ok(show::page(&app, &visitor, &lab, &known, &shown))
        }
    }
}

/// What there is to choose from.
struct Known {
    policies: Vec<PolicyRecord>,
    /// The contract that the form names, where it is there and within reach.
    contract: Option<ContractId>,
    /// What it is called.
    names: Names,
    /// The policy that is in force for it.
    own: Option<Arc<Policy>>,
}

impl Known {
    async fn of(app: &App, visitor: &Visitor, form: &Form) -> Result<Self, Fault> {
        let named = match visitor.only_contract() {
            Some(contract) => Some(contract.clone()),
            None => visitor.contract(form.text("contract").trim()).ok(),
        };
        let mut known = Self {
            policies: app.engine.policies().await?,
            contract: None,
            names: Names::default(),
            own: None,
        };
        let Some(contract) = named else {
            return Ok(known);
        };
        // A contract that is not there is nothing wrong until it is asked for.
        if let Ok((versions, in_force)) = app.engine.policies_of(&contract).await {
            known.names = Names::of(app, [&contract]).await;
            known.own = versions.get(in_force).map(|(_, it)| Arc::clone(it));
            known.contract = Some(contract);
        }
        Ok(known)
    }

    /// Returns the policies to choose from beside the one in force; that one is not offered twice.
    fn others(&self) -> impl Iterator<Item = &PolicyRecord> {
        let all = self.policies.iter();
        all.filter(|it| self.own.as_ref() != Some(&it.policy))
    }
}
