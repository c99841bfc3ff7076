//! Makes webhook-ids: one for an endpoint, a contract and a number, whenever it is sent.
//!
//! Owns: their form. It can be read back, so that an id finds its delivery; it has no full stop, which would
//! make what is signed ambiguous.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use earnest_core::units::ContractId;
use sha2::{Digest, Sha256};

const PREFIX: &str = "msg_";
/// How many bytes tell endpoints apart.
const MARK: usize = 6;
const NUMBER: usize = 8;

fn mark(webhook: &str) -> [u8; MARK] {
    let digest = Sha256::digest(webhook.as_bytes());
    let mut mark = [0; MARK];
    for (to, from) in mark.iter_mut().zip(digest) {
        *to = from;
    }
    mark
}

/// Returns the webhook-id of an event on its way to an endpoint.
pub(super) fn webhook_id(webhook: &str, contract: &ContractId, seq: u64) -> String {
    let mut bytes = mark(webhook).to_vec();
    bytes.extend(seq.to_be_bytes());
    bytes.extend(contract.as_str().as_bytes());
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// Returns the contract and the number that a webhook-id of this endpoint stands for.
pub(super) fn parts(webhook: &str, id: &str) -> Option<(ContractId, u64)> {
    let bytes = URL_SAFE_NO_PAD.decode(id.strip_prefix(PREFIX)?).ok()?;
    let (of, rest) = bytes.split_at_checked(MARK)?;
    let (number, contract) = rest.split_first_chunk::<NUMBER>()?;
    let contract = ContractId::new(std::str::from_utf8(contract).ok()?).ok()?;
    (of == mark(webhook)).then_some((contract, u64::from_be_bytes(*number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_by_its_endpoint_alone() {
        let contract = ContractId::new("acme.eu:1@x").unwrap();
        let id = webhook_id("wh-1", &contract, 77);
        assert!(!id.contains('.'));
        assert_eq!(parts("wh-1", &id), Some((contract, 77)));
        assert_eq!(parts("wh-2", &id), None);
        for other in ["", "msg_", "msg_AAAA", "x", "msg_####"] {
            assert_eq!(parts("wh-1", other), None, "{other}");
        }
    }
}
