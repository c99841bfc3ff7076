//! Encrypted receivers, with certificates that are made here: no key is kept in the repository.

use super::*;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// Writes a value of ASN.1: its tag, its length, what is in it.
fn value(tag: u8, inner: &[u8]) -> Vec<u8> {
    let length = u16::try_from(inner.len()).unwrap().to_be_bytes();
    let head = match inner.len() {
        0..128 => vec![tag, length[1]],
        128..256 => vec![tag, 0x81, length[1]],
        _ => vec![tag, 0x82, length[0], length[1]],
    };
    [head, inner.to_vec()].concat()
}

fn list(parts: &[Vec<u8>]) -> Vec<u8> {
    value(0x30, &parts.concat())
}

fn bits(inner: &[u8]) -> Vec<u8> {
    value(0x03, &[&[0], inner].concat())
}

/// Makes a certificate for a name, signed by its own key.
fn certified(name: &str) -> (CertificateDer<'static>, PrivatePkcs8KeyDer<'static>) {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
    let kept = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(algorithm, kept.as_ref(), &random).unwrap();
    let oid = |bytes: &[u8]| value(0x06, bytes);
    let signed_by = list(&[oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])]);
    let curve = list(&[
        oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]),
        oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]),
    ]);
    let named = list(&[oid(&[0x55, 0x04, 0x03]), value(0x0c, name.as_bytes())]);
    let named = list(&[value(0x31, &named)]);
    let validity = list(&[
        value(0x17, b"200101000000Z"),
        value(0x18, b"99991231235959Z"),
    ]);
    let names = list(&[value(0x82, name.as_bytes())]);
    let extension = list(&[oid(&[0x55, 0x1d, 0x11]), value(0x04, &names)]);
    let told = list(&[
        value(0xa0, &value(0x02, &[2])),
        value(0x02, &[1]),
        signed_by.clone(),
        named.clone(),
        validity,
        named,
        list(&[curve, bits(key.public_key().as_ref())]),
        value(0xa3, &list(&[extension])),
    ]);
    let signature = key.sign(&random, &told).unwrap();
    let certificate = list(&[told, signed_by, bits(signature.as_ref())]);
    (certificate.into(), kept.as_ref().to_vec().into())
}

/// Answers one encrypted connection, as whom the certificate says; returns its port and the certificate.
async fn answering_as(name: &str) -> (u16, CertificateDer<'static>) {
    let (certificate, key) = certified(name);
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        // Who does not trust the certificate hangs up here.
        let Ok(mut stream) = acceptor.accept(stream).await else {
            return;
        };
        let mut some = [0; 4_096];
        let _ = stream.read(&mut some).await;
        let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
        let _ = stream.flush().await;
    });
    (port, certificate)
}

fn trusting(certificate: CertificateDer<'static>) -> Client {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    Client {
        allow_private: true,
        tls: Tls::trusting(roots),
    }
}

async fn called(client: &Client, port: u16) -> Answered {
    client
        .deliver(call(format!("https://localhost:{port}/")))
        .await
}

#[tokio::test]
async fn a_receiver_with_a_certificate_that_is_trusted_is_reached() {
    let (port, certificate) = answering_as("localhost").await;
    let answer = called(&trusting(certificate), port).await;
    assert_eq!(answer, Answered::Status(204));
}

#[tokio::test]
async fn a_certificate_that_nobody_knows_is_refused() {
    let (port, _) = answering_as("localhost").await;
    let (_, another) = answering_as("localhost").await;
    let answer = called(&trusting(another), port).await;
    assert!(
        matches!(&answer, Answered::Failed(why) if why.starts_with("no encrypted connection")),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let (port, certificate) = answering_as("example.com").await;
    let answer = called(&trusting(certificate), port).await;
    assert!(
        matches!(&answer, Answered::Failed(why) if why.starts_with("no encrypted connection")),
        "{answer:?}"
    );
}
