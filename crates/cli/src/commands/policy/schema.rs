//! `earnest policy schema`: the JSON Schema of policy files.

use crate::error::Error;
use crate::output::Out;
use earnest_core::policy::file;

pub(super) fn run(out: &mut Out) -> Result<(), Error> {
    out.json(&file::schema())
}
