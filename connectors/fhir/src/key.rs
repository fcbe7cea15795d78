use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use connector::ConnectorError;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde::Deserialize;

use crate::{AuthSettings, SigningAlgorithm};

/// The length of a P-384 private key.
const P384_BYTES: usize = 48;

/// ecPublicKey with secp384r1 (RFC 5480), as an algorithm identifier.
const P384_IDENTIFIER: [u8; 18] = [
    0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x05, 0x2B, 0x81, 0x04,
    0x00, 0x22,
];

/// A private key, ready to sign with one of SMART's two algorithms.
pub(crate) struct SigningKey {
    pub(crate) key: EncodingKey,
    pub(crate) algorithm: Algorithm,
    /// The key's id, where its file tells it.
    pub(crate) kid: Option<String>,
}

/// A private key as JSON (RFC 7517, RFC 7518 section 6).
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<String>,
    p: Option<String>,
    q: Option<String>,
    dp: Option<String>,
    dq: Option<String>,
    qi: Option<String>,
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<serde_json::Value>,
}

impl SigningKey {
    /// Reads the key from where the settings say it is.
    pub(crate) fn load(auth: &AuthSettings) -> Result<Self, ConnectorError> {
        let (place, text) = key_text(auth)?;
        let found = if text.trim_start().starts_with('{') {
            from_json(&text, auth.kid.as_deref())
        } else {
            from_pem(&text)
        };
        let refuse = |why: String| ConnectorError::needs_person(place, why);
        let key = found.map_err(|why| refuse(why.to_owned()))?;
        let wanted = auth.alg.map(|alg| match alg {
            SigningAlgorithm::ES384 => Algorithm::ES384,
            SigningAlgorithm::RS384 => Algorithm::RS384,
        });
        match wanted.filter(|wanted| *wanted != key.algorithm) {
            Some(wanted) => Err(refuse(format!(
                "the key is for {:?}, and `auth.alg` says {wanted:?}",
                key.algorithm
            ))),
            None => Ok(key),
        }
    }

    fn checked(
        key: EncodingKey,
        algorithm: Algorithm,
        kid: Option<String>,
    ) -> Result<Self, &'static str> {
        jsonwebtoken::encode(&jsonwebtoken::Header::new(algorithm), &(), &key).map_err(
            |_| "the key cannot sign; expected P-384 (ES384) or RSA of 2,048 bits or more (RS384)",
        )?;
        Ok(Self {
            key,
            algorithm,
            kid,
        })
    }
}

/// The name of the setting and the text of the key.
fn key_text(auth: &AuthSettings) -> Result<(&'static str, String), ConnectorError> {
    match (&auth.key_file, &auth.key_env) {
        (Some(file), None) => {
            let place = "setting `auth.key_file`";
            let text = std::fs::read_to_string(file).map_err(|cause| {
                ConnectorError::needs_person(
                    place,
                    format!("the file cannot be read: {}", cause.kind()),
                )
            })?;
            Ok((place, text))
        }
        (None, Some(name)) => {
            let place = "setting `auth.key_env`";
            let missing = |_| {
                ConnectorError::needs_person(
                    place,
                    format!("the environment has no text under `{name}`"),
                )
            };
            Ok((place, std::env::var(name).map_err(missing)?))
        }
        _ => Err(ConnectorError::needs_person(
            "settings `auth.key_file` and `auth.key_env`",
            "exactly one of them must say where the private key is",
        )),
    }
}

fn from_pem(text: &str) -> Result<SigningKey, &'static str> {
    let wrong = "the private key cannot be read; expected PEM (PKCS#8, PKCS#1 or SEC1), a JWK or a JWK set, not encrypted";
    if text.contains("BEGIN EC PRIVATE KEY") {
        let key = EncodingKey::from_ec_der(&p384_pkcs8(&pem_bytes(text).ok_or(wrong)?));
        return SigningKey::checked(key, Algorithm::ES384, None);
    }
    if let Ok(key) = EncodingKey::from_rsa_pem(text.as_bytes()) {
        return SigningKey::checked(key, Algorithm::RS384, None);
    }
    let key = EncodingKey::from_ec_pem(text.as_bytes()).map_err(|_| wrong)?;
    SigningKey::checked(key, Algorithm::ES384, None)
}

/// The bytes of the PEM block of an EC key, without the block of its parameters that some tools put first.
fn pem_bytes(text: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once("-----BEGIN EC PRIVATE KEY-----")?;
    let (body, _) = rest.split_once("-----END")?;
    let body: String = body.split_whitespace().collect();
    STANDARD.decode(body).ok()
}

fn from_json(text: &str, kid: Option<&str>) -> Result<SigningKey, &'static str> {
    let wrong = "the JWK cannot be read; expected a private key with `kty` `EC` (P-384) or `RSA`";
    let keys: Vec<Jwk> = match serde_json::from_str::<JwkSet>(text) {
        Ok(set) => set
            .keys
            .into_iter()
            .filter_map(|key| serde_json::from_value(key).ok())
            .collect(),
        Err(_) => vec![serde_json::from_str(text).map_err(|_| wrong)?],
    };
    let jwk = keys
        .into_iter()
        .find(|key| {
            key.d.is_some() && (kid.is_none() || key.kid.is_none() || key.kid.as_deref() == kid)
        })
        .ok_or("the JWK set holds no private key under `auth.kid`")?;
    match jwk.kty.as_str() {
        "EC" if jwk.crv.as_deref() == Some("P-384") => {
            let secret = number(jwk.d.as_ref())
                .filter(|bytes| bytes.len() == P384_BYTES)
                .ok_or(wrong)?;
            let sec1 = der(0x30, &[der(0x02, &[1]), der(0x04, &secret)].concat());
            let key = EncodingKey::from_ec_der(&p384_pkcs8(&sec1));
            SigningKey::checked(key, Algorithm::ES384, jwk.kid)
        }
        "RSA" => {
            let key = EncodingKey::from_rsa_der(&rsa_pkcs1(&jwk).ok_or(wrong)?);
            SigningKey::checked(key, Algorithm::RS384, jwk.kid)
        }
        _ => Err(wrong),
    }
}

fn number(text: Option<&String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?.trim_end_matches('=')).ok()
}

/// `RSAPrivateKey` (RFC 8017, A.1.2).
fn rsa_pkcs1(jwk: &Jwk) -> Option<Vec<u8>> {
    let mut content = der(0x02, &[0]);
    for part in [
        &jwk.n, &jwk.e, &jwk.d, &jwk.p, &jwk.q, &jwk.dp, &jwk.dq, &jwk.qi,
    ] {
        let mut bytes = number(part.as_ref())?;
        if bytes.first().is_none_or(|first| *first >= 0x80) {
            bytes.insert(0, 0);
        }
        content.extend(der(0x02, &bytes));
    }
    Some(der(0x30, &content))
}

/// `PrivateKeyInfo` (RFC 5208) around an `ECPrivateKey` (RFC 5915) of P-384.
fn p384_pkcs8(sec1: &[u8]) -> Vec<u8> {
    let content = [der(0x02, &[0]), P384_IDENTIFIER.to_vec(), der(0x04, sec1)].concat();
    der(0x30, &content)
}

/// One value in the distinguished encoding (X.690): tag, length, content.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let mut bytes = vec![tag];
    match length {
        [] => bytes.push(0),
        [short] if *short < 0x80 => bytes.push(*short),
        _ => {
            // At most 8, the bytes of a usize.
            bytes.push(0x80 | u8::try_from(length.len()).unwrap_or_default());
            bytes.extend_from_slice(length);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}
