//! Reads the token by which another host hands a user over: a JWT, signed with HS256 and a shared secret.
//!
//! Owns: the token's form and what it must say. Does not own: that it is used once ([`earnest_engine::sessions`]).
//! Invariants: nothing of a token is believed before its signature was compared, in constant time; no other algorithm is
//! taken, whatever the token says; a token lives for minutes.
//!
//! The crate that is usual for this brings RSA, elliptic curves and a second clock; of the format only what stands
//! here is needed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use earnest_core::units::{ContractId, MemberId, SeatId, Timestamp};
use earnest_engine::keys::Scope;
use earnest_server::Secret;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// How long a token may live, in milliseconds.
const LIFE_MOST: i64 = 10 * 60_000;
/// How far the host's clock may be off, in milliseconds.
const SKEW: i64 = 30_000;

/// A user handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HandedOver {
    /// Whom the session stands for.
    pub(crate) scope: Scope,
    /// Until when the token could be used.
    pub(crate) until: Timestamp,
}

#[derive(Debug, Deserialize)]
struct Head {
    alg: String,
}

#[derive(Debug, Deserialize)]
struct Claims {
    /// For whom the token is: always `earnest`.
    aud: String,
    /// Until when it can be used, in seconds since 1970.
    exp: i64,
    /// When it was made.
    iat: i64,
    scope: String,
    contract: Option<ContractId>,
    seat: Option<SeatId>,
    member: Option<MemberId>,
}

/// Reads a token.
///
/// # Errors
/// What is wrong with it, for whoever builds the host.
pub(crate) fn read(token: &str, secret: &Secret, now: Timestamp) -> Result<HandedOver, String> {
    let wrong = |why: &str| Err(format!("the token {why}"));
    let Some((signed, signature)) = token.rsplit_once('.') else {
        return wrong("is no JWT");
    };
    let Some((head, claims)) = signed.split_once('.') else {
        return wrong("is no JWT");
    };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else {
        return wrong("has a signature that is no base64url");
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()) else {
        return wrong("cannot be checked");
    };
    mac.update(signed.as_bytes());
    if mac.verify_slice(&signature).is_err() {
        return wrong("is not signed with the secret of this server");
    }
    let head: Option<Head> = decode(head);
    if head.is_none_or(|head| head.alg != "HS256") {
        return wrong("does not say `\"alg\":\"HS256\"`");
    }
    let Some(claims) = decode::<Claims>(claims) else {
        return wrong("lacks one of `aud`, `iat`, `exp`, `scope`, or one is of the wrong type");
    };
    if claims.aud != "earnest" {
        return wrong("is for somebody else; `aud` is `earnest`");
    }
    let (made, until) = (
        claims.iat.saturating_mul(1_000),
        claims.exp.saturating_mul(1_000),
    );
    if until <= now.millis() {
        return wrong("has expired");
    }
    if made > now.millis() + SKEW {
        return wrong("is from the future; check the clocks");
    }
    if until - made > LIFE_MOST {
        return wrong("lives for more than 10 minutes");
    }
    let Some(until) = Timestamp::from_millis(until) else {
        return wrong("has an `exp` that is no instant");
    };
    let scope = match (
        claims.scope.as_str(),
        claims.contract,
        claims.seat,
        claims.member,
    ) {
        ("contract", Some(contract), None, None) => Scope::Contract { contract },
        ("seat", Some(contract), Some(seat), None) => Scope::Seat { contract, seat },
        ("member", None, None, Some(member)) => Scope::Member { member },
        _ => {
            return wrong(
                "names nobody: `scope` is `contract` with `contract`, `seat` with `contract` and `seat`, or `member` with `member`",
            );
        }
    };
    Ok(HandedOver { scope, until })
}

fn decode<T: for<'a> Deserialize<'a>>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// Returns what tells a secret from others without giving it away: sessions end when it is changed.
pub(crate) fn stamp(secret: &Secret) -> String {
    let mut hash = Sha256::new();
    hash.update(b"stamp of ");
    hash.update(secret.reveal().as_bytes());
    URL_SAFE_NO_PAD.encode(hash.finalize().get(..12).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_767_600_000;

    fn sign(head: &str, claims: &str, secret: &Secret) -> String {
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(head),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()).unwrap();
        mac.update(signed.as_bytes());
        format!(
            "{signed}.{}",
            URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
        )
    }

    fn told(head: &str, claims: &str) -> Result<Scope, String> {
        let secret = Secret::new("a secret of thirty-two characters");
        let now = Timestamp::from_millis(NOW * 1_000).unwrap();
        read(&sign(head, claims, &secret), &secret, now).map(|it| it.scope)
    }

    fn claims(more: &str) -> String {
        format!(
            r#"{{"aud":"earnest","iat":{NOW},"exp":{},{more}}}"#,
            NOW + 60
        )
    }

    const HS256: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

    #[test]
    fn a_token_hands_a_seat_a_contract_or_a_member_over() {
        let seat = told(
            HS256,
            &claims(r#""scope":"seat","contract":"acme","seat":"ana""#),
        );
        assert_eq!(seat.unwrap().space(), "seat/acme/ana");
        let contract = told(HS256, &claims(r#""scope":"contract","contract":"acme""#));
        assert_eq!(contract.unwrap().space(), "contract/acme");
        let member = told(HS256, &claims(r#""scope":"member","member":"bo""#));
        assert_eq!(member.unwrap().space(), "member/bo");
    }

    #[test]
    fn a_token_that_is_off_is_refused_with_the_reason() {
        let seat = r#""scope":"member","member":"bo""#;
        let cases = [
            (r#"{"alg":"none"}"#, claims(seat), "HS256"),
            (HS256, claims(r#""scope":"admin""#), "names nobody"),
            (
                HS256,
                claims(r#""scope":"seat","contract":"acme""#),
                "names nobody",
            ),
            (
                HS256,
                claims(seat).replace("earnest", "other"),
                "somebody else",
            ),
            (HS256, r#"{"aud":"earnest"}"#.to_owned(), "lacks"),
            (
                HS256,
                format!(
                    r#"{{"aud":"earnest","iat":{},"exp":{NOW},{seat}}}"#,
                    NOW - 60
                ),
                "expired",
            ),
            (
                HS256,
                format!(
                    r#"{{"aud":"earnest","iat":{},"exp":{},{seat}}}"#,
                    NOW + 600,
                    NOW + 660
                ),
                "future",
            ),
            (
                HS256,
                format!(
                    r#"{{"aud":"earnest","iat":{NOW},"exp":{},{seat}}}"#,
                    NOW + 601
                ),
                "10 minutes",
            ),
        ];
        for (head, claims, why) in cases {
            let told = told(head, &claims).unwrap_err();
            assert!(told.contains(why), "{told} for {claims}");
        }
    }

    #[test]
    fn a_token_signed_with_another_secret_is_refused() {
        let other = Secret::new("another secret of the same length");
        let token = sign(HS256, &claims(r#""scope":"member","member":"bo""#), &other);
        let own = Secret::new("a secret of thirty-two characters");
        let now = Timestamp::from_millis(NOW * 1_000).unwrap();
        for token in [
            token.as_str(),
            "",
            ".",
            "a.b.c",
            token.rsplit_once('.').unwrap().0,
        ] {
            assert!(read(token, &own, now).is_err(), "{token}");
        }
    }
}
