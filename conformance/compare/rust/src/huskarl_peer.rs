//! huskarl: its DPoP and its `private_key_jwt`, kept, with a signer of aws-lc-rs, as its trait for keys lets one have. Its own
//! signers pin a release candidate of `rsa`, beside which ours does not resolve.

use std::borrow::Cow;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, Uri};
use huskarl_core::EndpointUrl;
use huskarl_core::client_auth::{Audience, AuthenticationContext, ClientAuthentication, JwtBearer};
use huskarl_core::crypto::signer::{
    AsymmetricJwsSigner, AsymmetricJwsSignerSelector, JwsSigner, JwsSignerSelector,
};
use huskarl_core::dpop::{ResourceDPoP, ResourceServerDPoP};
use huskarl_core::error::Error;
use huskarl_core::jwk::PublicJwk;
use huskarl_core::platform::MaybeSendBoxFuture;
use huskarl_core::secrets::SecretString;
use serde_json::Value;

use crate::work::Work;

pub(crate) struct Peer {
    dpop: ResourceDPoP,
    thumbprint: String,
    access_token: SecretString,
    api: Uri,
    authentication: JwtBearer,
    client_id: String,
    issuer: String,
    token_endpoint: EndpointUrl,
}

impl Peer {
    pub(crate) fn new(work: &Work, alg: &str) -> Peer {
        let signer = Held(Arc::new(Key::new(&work.private_jwks[alg], alg)));
        let endpoint = work.metadata["token_endpoint"].as_str().unwrap();
        Peer {
            thumbprint: signer.0.public.thumbprint(),
            dpop: ResourceDPoP::builder().signer(signer.clone()).build(),
            access_token: SecretString::new(&work.access_token),
            api: work.api.parse().unwrap(),
            authentication: JwtBearer::builder().signer(signer).audience(Audience::Issuer).build(),
            client_id: work.client_id.clone(),
            issuer: work.issuer.clone(),
            token_endpoint: endpoint.parse().unwrap(),
        }
    }

    pub(crate) fn proof(&self) {
        let proof = self.dpop.proof(&Method::GET, &self.api, &self.access_token, &self.thumbprint);
        black_box(at_once(proof).unwrap().expect("a proof"));
    }

    pub(crate) fn assertion(&self) {
        let context = AuthenticationContext::builder()
            .client_id(&self.client_id)
            .target_endpoint(&self.token_endpoint)
            .issuer(&self.issuer)
            .build();
        black_box(at_once(self.authentication.authentication_context(context)).unwrap());
    }
}

/// What a future yields that waits for nobody.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the key is at hand"),
    }
}

#[derive(Clone, Debug)]
struct Held(Arc<Key>);

#[derive(Debug)]
struct Key {
    alg: String,
    public: PublicJwk,
    pair: Pair,
    random: SystemRandom,
}

#[derive(Debug)]
enum Pair {
    Ec(EcdsaKeyPair),
    Rsa(KeyPair),
}

impl Key {
    fn new(jwk: &Value, alg: &str) -> Key {
        let octets = |member: &str| URL_SAFE_NO_PAD.decode(jwk[member].as_str().unwrap()).unwrap();
        let pair = if alg == "ES256" {
            let point = [vec![4], octets("x"), octets("y")].concat();
            let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
            Pair::Ec(EcdsaKeyPair::from_private_key_and_public_key(algorithm, &octets("d"), &point).unwrap())
        } else {
            let components = KeyPairComponents {
                public_key: PublicKeyComponents { n: octets("n"), e: octets("e") },
                d: octets("d"),
                p: octets("p"),
                q: octets("q"),
                dP: octets("dp"),
                dQ: octets("dq"),
                qInv: octets("qi"),
            };
            Pair::Rsa(KeyPair::from_components(&components).unwrap())
        };
        let public = serde_json::from_value(jwk.clone()).unwrap();
        Key { alg: alg.into(), public, pair, random: SystemRandom::new() }
    }
}

impl JwsSigner for Key {
    fn jws_algorithm(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.alg)
    }

    fn key_id(&self) -> Option<Cow<'_, str>> {
        self.public.kid.as_deref().map(Cow::Borrowed)
    }

    fn sign<'a>(&'a self, input: &'a [u8]) -> MaybeSendBoxFuture<'a, Result<Vec<u8>, Error>> {
        Box::pin(async move {
            let pair = match &self.pair {
                Pair::Ec(pair) => return Ok(pair.sign(&self.random, input).unwrap().as_ref().to_vec()),
                Pair::Rsa(pair) => pair,
            };
            let mut signature = vec![0; pair.public_modulus_len()];
            let padding = if self.alg == "RS256" { &RSA_PKCS1_SHA256 } else { &RSA_PSS_SHA256 };
            pair.sign(padding, &self.random, input, &mut signature).unwrap();
            Ok(signature)
        })
    }
}

impl AsymmetricJwsSigner for Key {
    fn public_key_jwk(&self) -> Cow<'_, PublicJwk> {
        Cow::Borrowed(&self.public)
    }
}

impl JwsSignerSelector for Held {
    fn select_signer(&self) -> MaybeSendBoxFuture<'_, Arc<dyn JwsSigner>> {
        Box::pin(async { Arc::clone(&self.0) as Arc<dyn JwsSigner> })
    }
}

impl AsymmetricJwsSignerSelector for Held {
    fn select_asymmetric_signer(&self) -> MaybeSendBoxFuture<'_, Arc<dyn AsymmetricJwsSigner>> {
        Box::pin(async { Arc::clone(&self.0) as Arc<dyn AsymmetricJwsSigner> })
    }

    fn select_signer_by_thumbprint<'a>(
        &'a self,
        _: &'a str,
    ) -> MaybeSendBoxFuture<'a, Option<Arc<dyn AsymmetricJwsSigner>>> {
        Box::pin(async { Some(Arc::clone(&self.0) as Arc<dyn AsymmetricJwsSigner>) })
    }
}
