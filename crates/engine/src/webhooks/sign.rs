//! Signs what is sent, as the Standard Webhooks specification says: `v1,` and the base64 of the HMAC-SHA256 of
//! `id.timestamp.body`, one for each secret that is valid, with a space between.

use crate::clock::Random;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const PREFIX: &str = "whsec_";
const LENGTH: usize = 32;

/// Makes a secret.
pub(super) fn make_secret(random: &dyn Random) -> String {
    let mut bytes = [0; LENGTH];
    random.fill(&mut bytes);
    format!("{PREFIX}{}", STANDARD.encode(bytes))
}

/// Returns the signatures by all of the secrets. A secret that is none signs nothing.
pub(super) fn signatures<'a>(
    secrets: impl IntoIterator<Item = &'a str>,
    id: &str,
    timestamp: i64,
    body: &[u8],
) -> String {
    let signatures = secrets
        .into_iter()
        .filter_map(|secret| signature(secret, id, timestamp, body));
    signatures.collect::<Vec<_>>().join(" ")
}

fn signature(secret: &str, id: &str, timestamp: i64, body: &[u8]) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    Some(format!(
        "v1,{}",
        STANDARD.encode(mac.finalize().into_bytes())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemRandom;

    #[test]
    fn the_known_signatures_come_out() {
        // The example of the specification, and the one that its reference libraries test with.
        let known = [
            (
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                r#"{"test": 2432232314}"#,
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
            (
                "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
                "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
                1_649_367_553,
                r#"{"email":"test@example.com","username":"test_user"}"#,
                "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
            ),
        ];
        for (secret, id, timestamp, body, expected) in known {
            let signed = signatures([secret], id, timestamp, body.as_bytes());
            assert_eq!(signed, expected);
        }
    }

    #[test]
    fn two_secrets_sign_beside_each_other() {
        let secrets = [make_secret(&SystemRandom), make_secret(&SystemRandom)];
        let both = signatures(secrets.iter().map(String::as_str), "msg_1", 1, b"{}");
        let alone = secrets.map(|secret| signatures([secret.as_str()], "msg_1", 1, b"{}"));
        assert_eq!(both, alone.join(" "));
        assert_ne!(alone[0], alone[1]);
    }

    #[test]
    fn a_secret_is_as_long_as_it_says() {
        let secret = make_secret(&SystemRandom);
        let bytes = STANDARD.decode(secret.strip_prefix("whsec_").unwrap());
        assert_eq!(bytes.unwrap().len(), 32);
    }
}
