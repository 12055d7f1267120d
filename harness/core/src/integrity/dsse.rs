//! DSSE envelopes: statements signed with Ed25519.
//!
//! Source: Dead Simple Signing Envelope, protocol and envelope v1.0.

use super::DocumentError;
use super::signature::TrustedKey;
use crate::json;
use crate::text::{hex, inert};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use ed25519_dalek::{Signature, Signer as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The type of an in-toto statement as payload.
pub const STATEMENT_TYPE: &str = "application/vnd.in-toto+json";
/// Signatures of an envelope, at most.
const SIGNATURES: usize = 16;

/// A private key that signs statements. No message shows it.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// Reads one Ed25519 private key from PEM (PKCS #8).
    ///
    /// # Errors
    /// [`DocumentError`] says what a key looks like, and nothing of the text.
    pub fn from_pem(text: &str) -> Result<Self, DocumentError> {
        let key = ed25519_dalek::SigningKey::from_pkcs8_pem(text.trim());
        key.map(Self).map_err(|_| {
            "not one Ed25519 private key in PEM (PKCS #8), as `openssl genpkey -algorithm \
             ed25519` writes it"
                .into()
        })
    }

    /// The statement `payload` in an envelope with a signature.
    #[must_use]
    pub fn sign(&self, payload: &[u8]) -> Value {
        let signature = self.0.sign(&encoded(STATEMENT_TYPE, payload));
        let public = self.0.verifying_key();
        json!({
            "payloadType": STATEMENT_TYPE,
            "payload": STANDARD.encode(payload),
            "signatures": [{
                "keyid": hex(&Sha256::digest(public.as_bytes())),
                "sig": STANDARD.encode(signature.to_bytes()),
            }],
        })
    }
}

/// What an envelope says, which nobody has verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    payload_type: String,
    payload: Vec<u8>,
    signatures: Vec<Signature>,
}

impl Envelope {
    /// Reads an envelope.
    ///
    /// # Errors
    /// [`DocumentError`] says what is wrong with it.
    pub fn decode(bytes: &[u8]) -> Result<Self, DocumentError> {
        let value = json::parse(bytes, 8)?;
        let text = |value: &Value, key: &str| {
            let text = value.get(key).and_then(Value::as_str).map(str::to_owned);
            text.ok_or_else(|| format!("not a DSSE envelope: `{key}` is missing or not text"))
        };
        let signatures = value.get("signatures").and_then(Value::as_array);
        let signatures = signatures.ok_or("not a DSSE envelope: `signatures` is not a list")?;
        if signatures.len() > SIGNATURES {
            let count = signatures.len();
            return Err(format!("{count} signatures; at most {SIGNATURES}").into());
        }
        // One of another algorithm has another length, and is none that this program knows.
        let known = signatures.iter().filter_map(|one| {
            let bytes = base64(one.get("sig")?.as_str()?)?;
            Signature::from_slice(&bytes).ok()
        });
        let payload = base64(&text(&value, "payload")?);
        Ok(Self {
            payload_type: text(&value, "payloadType")?,
            payload: payload.ok_or("not a DSSE envelope: `payload` is not Base64")?,
            signatures: known.collect(),
        })
    }

    /// The bytes of the statement, if one of the `trusted` keys signed them; `now` is in
    /// seconds of Unix time, for the certificates of keys.
    ///
    /// # Errors
    /// Says why none is taken.
    pub fn verified(&self, trusted: &[TrustedKey], now: u64) -> Result<&[u8], String> {
        if self.payload_type != STATEMENT_TYPE {
            let found = inert(&self.payload_type, 100);
            return Err(format!("signed is `{found}`, and not `{STATEMENT_TYPE}`"));
        }
        let message = encoded(&self.payload_type, &self.payload);
        let signed = trusted.iter().find(|key| {
            let mut signatures = self.signatures.iter();
            signatures.any(|signature| key.signed(&message, signature))
        });
        let key = signed.ok_or("no trusted key signed it")?;
        key.may_sign(now)?;
        Ok(&self.payload)
    }

    /// The bytes of the statement, which nobody has verified.
    #[must_use]
    pub fn unverified(&self) -> &[u8] {
        &self.payload
    }
}

/// Both alphabets are allowed.
fn base64(text: &str) -> Option<Vec<u8>> {
    STANDARD
        .decode(text)
        .or_else(|_| URL_SAFE.decode(text))
        .ok()
}

/// What is signed: the pre-authentication encoding.
fn encoded(kind: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_is_that_of_the_specification() {
        let encoded = encoded("http://example.com/HelloWorld", b"hello world");
        let expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
        assert_eq!(encoded, expected);
    }

    #[test]
    fn malformed_envelopes_are_refused() {
        for (text, fault) in [
            ("{}", "`signatures` is not a list"),
            (
                r#"{"signatures":[],"payload":"!","payloadType":"x"}"#,
                "not Base64",
            ),
            (
                r#"{"signatures":[],"payload":"","payloadType":1}"#,
                "`payloadType`",
            ),
        ] {
            let refused = Envelope::decode(text.as_bytes()).expect_err(fault);
            assert!(refused.to_string().contains(fault), "{refused}");
        }
        let many = json!({ "payload": "", "payloadType": "x", "signatures": vec![json!({}); 17] });
        assert!(Envelope::decode(many.to_string().as_bytes()).is_err());
        assert!(SigningKey::from_pem("hunter2").is_err_and(|e| !e.to_string().contains("hunter2")));
    }
}
