//! Every key of a policy file, for whoever writes one.

use crate::fault::Answer;
use crate::layout::{Page, Place};
use crate::visitor::Visitor;
use crate::words::prose;
use earnest_core::policy::file;
use earnest_server::Operation;
use maud::html;

/// Shows the page.
pub(crate) async fn get_format(visitor: Visitor) -> Answer {
    visitor.may(Operation::ReadPolicies)?;
    let main = html! {
        p.crumb { a href="/policies" { "← Policies" } }
        h1 { "Keys of a policy file" }
        p.lead {
            "A policy is a TOML file. It begins with " code { "format = 1" } " and its " code { "name" } "; with "
            code { "extends" } " it takes everything else from another policy, and says only what differs."
        }
        section.panel aria-labelledby="keys" {
            h2 #keys { "Keys" }
            dl.rules {
                @for key in file::KEYS { div { dt { code { (key.path) } } dd { (prose(key.doc)) } } }
            }
        }
    };
    Ok(Page::new(&visitor, "Keys of a policy file", Place::Top("policies")).show(&main))
}
