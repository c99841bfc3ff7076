//! Coming in and going out.

use crate::support::{Visit, World};
use crate::world;
use earnest_engine::keys::Scope;
use earnest_server::{Secret, Settings};
use http::Method;
use std::time::Duration;

fn cookie(header: &str) -> String {
    let value = header.split(';').next().unwrap();
    value.split_once('=').unwrap().1.to_owned()
}

async fn with_key<'w>(world: &'w World, key: &str) -> Visit<'w> {
    let reply = world.nobody().post_bare("/sign-in", &[("key", key)]).await;
    assert_eq!(reply.leads(), "/contracts");
    world
        .nobody()
        .with_cookie(&cookie(reply.header("set-cookie").unwrap()))
}

#[tokio::test]
async fn a_key_lets_in_until_it_is_revoked() {
    let world = World::new().await;
    let (record, key) = world.engine.create_key(Scope::Admin).await.unwrap();
    let reply = world
        .nobody()
        .post_bare("/sign-in", &[("key", &format!(" {key}\n"))])
        .await;
    let set = reply.header("set-cookie").unwrap();
    assert!(
        set.contains("HttpOnly; SameSite=Lax") && !set.contains("Secure"),
        "{set}"
    );
    let visit = with_key(&world, &key).await;
    visit.get("/keys").await.is(200);
    world.engine.revoke_key(&record.id).await.unwrap();
    assert!(visit.get("/keys").await.leads().starts_with("/sign-in"));
}

#[tokio::test]
async fn a_key_that_is_none_is_told_so_beside_the_field() {
    let world = World::new().await;
    let reply = world
        .nobody()
        .post_bare("/sign-in", &[("key", "earnest_x_y")])
        .await;
    reply.is(422);
    reply.says("No such key.");
    assert!(reply.text.contains("aria-invalid=\"true\""));
    assert!(!reply.text.contains("earnest_x_y"), "a key is not repeated");
}

#[tokio::test]
async fn over_tls_the_cookie_never_leaves_it() {
    let settings = Settings {
        public_url: Some("https://credits.example.com".to_owned()),
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let (_, key) = world.engine.create_key(Scope::Admin).await.unwrap();
    let reply = world.nobody().post_bare("/sign-in", &[("key", &key)]).await;
    let set = reply.header("set-cookie").unwrap();
    assert!(
        set.starts_with("__Host-earnest=") && set.ends_with("; Secure"),
        "{set}"
    );
}

#[tokio::test]
async fn a_session_ends_when_it_is_old_and_when_its_holder_leaves() {
    let world = World::new().await;
    let visit = world.admin().await;
    let reply = visit.post("/sign-out", &[]).await;
    assert_eq!(reply.leads(), "/sign-in?out=1");
    assert!(reply.header("set-cookie").unwrap().contains("Max-Age=0"));
    visit.get("/keys").await.leads();
    let other = world.admin().await;
    other.get("/keys").await.is(200);
    world.clock.pass(Duration::from_secs(8 * 86_400));
    other.get("/keys").await.leads();
    world.engine.forget_expired_sessions().await.unwrap();
}

#[tokio::test]
async fn a_login_link_lets_in_once_and_looking_at_it_does_not_use_it() {
    let world = World::new().await;
    let scope = world::seat("acme", "ana");
    let (key, _) = world.engine.create_key(scope.clone()).await.unwrap();
    let token = world.engine.make_login_link(&key.id, scope).await.unwrap();
    let path = earnest_web::link_path(&token);
    for method in [Method::HEAD, Method::GET, Method::GET] {
        world.nobody().ask(method, &path, None).await.is(200);
    }
    world
        .nobody()
        .get(&path)
        .await
        .says("This link lets you in as ana of acme, once.");
    let reply = world.nobody().post_bare(&path, &[]).await;
    assert_eq!(reply.leads(), "/contracts/acme/seats/ana/compose");
    world.nobody().post_bare(&path, &[]).await.is(410);
    world.nobody().get(&path).await.is(410);
}

#[tokio::test]
async fn a_login_link_dies_with_its_ten_minutes_and_with_its_key() {
    let world = World::new().await;
    let (key, _) = world.engine.create_key(Scope::Admin).await.unwrap();
    let make = || world.engine.make_login_link(&key.id, Scope::Admin);
    let old = earnest_web::link_path(&make().await.unwrap());
    world.clock.pass(Duration::from_secs(600));
    world.nobody().post_bare(&old, &[]).await.is(410);
    let revoked = earnest_web::link_path(&make().await.unwrap());
    world.engine.revoke_key(&key.id).await.unwrap();
    world.nobody().post_bare(&revoked, &[]).await.is(410);
}

const SECRET: &str = "a secret of thirty-two characters";

/// Makes a token as another host does: nothing but what docs/web.md says.
fn handed_over(now: i64, more: &str) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use hmac::{Hmac, KeyInit, Mac};
    let claims = format!(
        r#"{{"aud":"earnest","iat":{now},"exp":{},{more}}}"#,
        now + 60
    );
    let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims));
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    format!(
        "{signed}.{}",
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    )
}

#[tokio::test]
async fn another_host_hands_its_user_over_once() {
    let settings = Settings {
        handover: Some(Secret::new(SECRET)),
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let now = world.engine.now().millis() / 1_000;
    let token = handed_over(now, r#""scope":"member","member":"bo""#);
    let path = format!("/sign-in/host?token={token}&to=/members/bo/preferences");
    let reply = world.nobody().get(&path).await;
    assert_eq!(reply.leads(), "/members/bo/preferences");
    let visit = world
        .nobody()
        .with_cookie(&cookie(reply.header("set-cookie").unwrap()));
    visit.get("/members/bo/inbox").await.is(200);
    world.nobody().get(&path).await.is(422);
    let absent = handed_over(now, r#""scope":"seat","contract":"acme","seat":"ana""#);
    let reply = world
        .nobody()
        .get(&format!("/sign-in/host?token={absent}"))
        .await;
    reply.says("names a contract or a seat that is not there");
}

#[tokio::test]
async fn without_a_secret_nobody_is_handed_over() {
    let world = World::new().await;
    let token = handed_over(0, r#""scope":"member","member":"bo""#);
    world
        .nobody()
        .get(&format!("/sign-in/host?token={token}"))
        .await
        .is(404);
}

#[tokio::test]
async fn a_form_without_its_session_s_token_is_not_taken() {
    let world = World::new().await;
    let (admin, other) = (world.admin().await, world.admin().await);
    let token = other.token().await;
    for fields in [
        vec![],
        vec![("form_token", "x")],
        vec![("form_token", token.as_str())],
    ] {
        let fields = [&fields[..], &[("do", "create"), ("scope", "admin")]].concat();
        admin.post_bare("/keys", &fields).await.is(403);
    }
    let own = admin.token().await;
    let cross = admin.clone().with_header("sec-fetch-site", "cross-site");
    let fields = [
        ("form_token", own.as_str()),
        ("do", "create"),
        ("scope", "admin"),
    ];
    cross.post_bare("/keys", &fields).await.is(403);
    let origin = admin.clone().with_header("origin", "https://evil.example");
    origin.post_bare("/keys", &fields).await.is(403);
    let right = admin.with_header("origin", "http://localhost:8080");
    right.post_bare("/keys", &fields).await.is(200);
}

#[tokio::test]
async fn a_sign_in_leads_back_to_a_page_of_this_server_only() {
    let world = World::new().await;
    let (_, key) = world.engine.create_key(Scope::Admin).await.unwrap();
    for (to, leads) in [
        ("/keys?after=5", "/keys?after=5"),
        ("//evil.example", "/contracts"),
        ("https://evil.example", "/contracts"),
    ] {
        let reply = world
            .nobody()
            .post_bare("/sign-in", &[("key", &key), ("to", to)])
            .await;
        assert_eq!(reply.leads(), leads);
    }
}
