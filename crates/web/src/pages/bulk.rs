//! The page to write one text to several members on, with what would happen at each of them.

use super::compose::{field_of, is_refused, texts};
use super::desk::Desk;
use crate::fault::{Answer, Fault, see};
use crate::form::{Errors, Form};
use crate::layout::Page;
use crate::orders::give;
use crate::plain;
use crate::story;
use crate::ui::{self, Field};
use crate::visitor::Visitor;
use crate::words::{self, prose};
use axum::extract::{Path, Request, State};
use axum::response::Response;
use earnest_core::explain::{Explanation, Outcome};
use earnest_core::units::{CampaignId, MemberId};
use earnest_engine::{Failure, NewCampaign, NewLetter, Reply, What};
use earnest_server::{App, Operation};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// What would happen at the recipients.
#[derive(Debug)]
struct Outlook {
    whole: Explanation,
    each: Vec<(MemberId, Explanation)>,
}

/// Shows the page.
pub(crate) async fn get_bulk(
    State(app): State<App>,
    visitor: Visitor,
    Path(path): Path<(String, String)>,
) -> Answer {
    let desk = Desk::find(&app, &visitor, Operation::Send, &path).await?;
    show(
        &app,
        &visitor,
        &desk,
        &Form::default(),
        &Errors::default(),
        None,
    )
    .await
}

/// Previews what was typed, or sends it.
pub(crate) async fn post_bulk(
    State(app): State<App>,
    visitor: Visitor,
    Path(path): Path<(String, String)>,
    request: Request,
) -> Answer {
    let desk = Desk::find(&app, &visitor, Operation::Send, &path).await?;
    let form = Form::of(&app, &visitor, request).await?;
    let most = desk.policy(&app).await?.message.recipients_most;
    let mut errors = Errors::default();
    let to = errors.read(&form, "to", |text| recipients(text, most));
    let is_preview = form.text("do") == "preview";
    if !is_preview {
        let is_text = |text: &str| Ok::<_, String>(text.to_owned());
        errors.read(&form, "subject", is_text);
        errors.read(&form, "body", is_text);
    }
    let Some(to) = to else {
        return show(&app, &visitor, &desk, &form, &errors, None).await;
    };
    let campaign = NewCampaign {
        id: None,
        seat: desk.seat.clone(),
        to,
        subject: form.text("subject").to_owned(),
        body: form.text("body").to_owned(),
    };
    if is_preview || !errors.is_empty() {
        let told = outlook(&app, &desk, &campaign).await?;
        return show(&app, &visitor, &desk, &form, &errors, Some(told)).await;
    }
    let what = What::Campaign(campaign.clone());
    match give(&app, &visitor, &desk.contract, what, form.key(&visitor)).await {
        Ok(done) => match done.reply {
            Reply::Campaign(sent) => {
                let path = desk.path("sent");
                Ok(see(&format!("{path}?campaign={}&done=sent", sent.id)))
            }
            _ => Err(Failure::Internal("a campaign was answered otherwise".to_owned()).into()),
        },
        Err(Failure::Refused(refused)) => {
            let field = field_of(refused.refusal.code());
            errors.add(field, story::refusal(&refused.explanation));
            let told = outlook(&app, &desk, &campaign).await?;
            show(&app, &visitor, &desk, &form, &errors, Some(told)).await
        }
        Err(failure) => Err(failure.into()),
    }
}

/// Reads recipients: one a line, or with commas or spaces between.
fn recipients(text: &str, most: u32) -> Result<Vec<MemberId>, String> {
    let parts = text.split(|it: char| it.is_whitespace() || it == ',' || it == ';');
    let mut all = Vec::new();
    let mut known = BTreeSet::new();
    for part in parts.filter(|part| !part.is_empty()) {
        let member = MemberId::new(part).map_err(|error| error.to_string())?;
        if !known.insert(member.clone()) {
            return Err(format!("`{member}` stands twice; name each once."));
        }
        all.push(member);
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    match all.len() {
        0 => Err("Name at least one recipient.".to_owned()),
        many if many > most => Err(format!(
            "These are {many} recipients; the policy allows {most} at once. Send to the others afterwards."
        )),
        _ => Ok(all),
    }
}

/// Asks what would become of the whole, and of each recipient's message as part of it.
async fn outlook(app: &App, desk: &Desk, campaign: &NewCampaign) -> Result<Outlook, Fault> {
    let whole = app
        .engine
        .preview_campaign(&desk.contract, campaign)
        .await?;
    let id = CampaignId::new("preview").map_err(|error| Failure::Internal(error.to_string()))?;
    let mut each = Vec::with_capacity(campaign.to.len());
    for to in &campaign.to {
        let letter = NewLetter {
            id: None,
            seat: desk.seat.clone(),
            to: to.clone(),
            campaign: Some(id.clone()),
            subject: campaign.subject.clone(),
            body: campaign.body.clone(),
        };
        let told = app.engine.preview(&desk.contract, &letter).await?;
        each.push((to.clone(), told.explanation));
    }
    Ok(Outlook {
        whole: whole.explanation,
        each,
    })
}

async fn show(
    app: &App,
    visitor: &Visitor,
    desk: &Desk,
    form: &Form,
    errors: &Errors,
    told: Option<Outlook>,
) -> Result<Response, Fault> {
    let policy = desk.policy(app).await?;
    let most = policy.message.recipients_most;
    let hint = format!(
        "One a line, at most {most}. Either all get it or, where one is refused, nobody does."
    );
    let main = html! {
        h1 { "Write to several" }
        div.split {
            form.panel method="post" action=(desk.path("bulk")) data-preview="preview" novalidate {
                (ui::hidden(visitor, &app.engine.make_form_key()))
                @if let Some(error) = errors.of("form") { div.callout.bad role="alert" { p { (prose(error)) } } }
                (Field::area("to", "Recipients", 5).hint(&hint).show(form, errors))
                (texts(&policy, form, errors))
                div.buttons {
                    button.primary type="submit" name="do" value="send" { "Send to all" }
                    button type="submit" name="do" value="preview" { "Show what would happen" }
                }
            }
            section.panel #preview aria-label="What would happen" aria-live="polite" {
                h2 { "What would happen" }
                @match &told {
                    Some(told) => (outlook_of(told, !errors.is_empty())),
                    None => (ui::empty("Nobody named yet", &html! { "Name the recipients, and you see here what would happen for each." })),
                }
            }
        }
    };
    Ok(Page::new(visitor, "Write to several", desk.place("bulk"))
        .refused(!errors.is_empty())
        .show(&main))
}

fn outlook_of(told: &Outlook, is_said: bool) -> Markup {
    let refused = told.each.iter().filter(|(_, one)| is_refused(one)).count();
    html! {
        @if refused > 0 && is_refused(&told.whole) {
            p.headline {
                (ui::badge("bad", "refused")) " Nobody gets it while " (words::number(refused as u64))
                " of the " (words::count(told.each.len() as u64, "recipient")) " cannot."
            }
        } @else { (story::preview(&told.whole, is_said)) }
        h3 { "Recipient by recipient" }
        ul.recipients {
            @for (to, one) in &told.each {
                li {
                    (plain::name(to)) " "
                    @match one.outcome {
                        Outcome::Refused { code } => {
                            span title=(code) { (ui::badge("bad", "refused")) } " "
                            p.muted { (plain::show(&story::refusal(one))) }
                            @for change in &one.changes { p.muted { "→ " (plain::show(&change.text)) } }
                        }
                        Outcome::Allowed { credits } if credits.is_zero() => (ui::badge("good", "free")),
                        Outcome::Allowed { credits } => (ui::badge("open", &format!("{} held", words::count(credits.0, "credit")))),
                        _ => {}
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_are_read_however_they_are_set_apart() {
        let read = recipients(" bo\ncy, di;ed  ", 25).unwrap();
        let read: Vec<&str> = read.iter().map(MemberId::as_str).collect();
        assert_eq!(read, ["bo", "cy", "di", "ed"]);
        assert!(recipients("bo bo", 25).unwrap_err().contains("twice"));
        assert!(recipients("a b c", 2).unwrap_err().contains("allows 2"));
        assert!(recipients("b/o", 2).is_err());
    }
}
