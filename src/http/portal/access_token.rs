//! Access tokens of programs: JSON Web Tokens of the same OpenID provider, as RFC 9068 defines them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreGenderClaim, CoreIdTokenVerifier, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
};
use openidconnect::{
    ClaimsVerificationError, ClientId, IdToken, IdTokenClaims, JsonWebTokenType, Nonce,
    SignatureVerificationError,
};
use serde_json::Value;

use super::provider::{Discovered, OpenIdProvider, OtherClaims, ProviderError, refused};
use crate::store::sessions::{NewSession, SignedIn};

/// How far the clocks of provider and service may differ.
const SKEW: SignedDuration = SignedDuration::from_secs(30);
/// No token of a person is longer.
const MAX_TOKEN_BYTES: usize = 8 * 1024;
const TYPE: &str = "at+jwt";

/// Only signatures with a private key: a token that is signed with a shared secret, or not signed, is refused.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 5] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// The library verifies tokens of the same form as ID tokens: issuer, audience, expiry, signature.
type AccessToken =
    IdToken<OtherClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type AccessClaims = IdTokenClaims<OtherClaims, CoreGenderClaim>;

impl OpenIdProvider {
    /// Who uses the program that has sent this token.
    ///
    /// # Errors
    /// If the provider does not answer, or the token cannot be trusted or used.
    pub(super) async fn bearer(&self, token: &str) -> Result<SignedIn, ProviderError> {
        check_type(token)?;
        let token: AccessToken = token.parse().map_err(|_| malformed())?;
        let known = self.known(false).await?;
        let claims = match self.verified(&token, &known) {
            Err(error) if may_be_of_a_new_key(&error) => match self.newer_than(&known).await? {
                Some(newer) => self.verified(&token, &newer).map_err(|error| refused(&error))?,
                None => return Err(refused(&error)),
            },
            other => other.map_err(|error| refused(&error))?,
        };
        let claims = &claims.additional_claims().claims;
        if let Some(from) = claims.get("nbf") {
            let latest = self.clock.machine_time().saturating_add(SKEW).unwrap_or(Timestamp::MAX);
            if from.as_i64().is_none_or(|from| from > latest.as_second()) {
                return Err(ProviderError::Refused("the token is not valid yet".to_owned()));
            }
        }
        let who: NewSession = self.settings.claims.of_token(claims)?;
        Ok(SignedIn::by_token(who))
    }

    fn verified(
        &self,
        token: &AccessToken,
        known: &Discovered,
    ) -> Result<AccessClaims, ClaimsVerificationError> {
        let Some(audience) = &self.settings.api_audience else {
            return Err(ClaimsVerificationError::InvalidAudience("there is no API".to_owned()));
        };
        let now = self.clock.machine_time();
        let earliest = now.saturating_sub(SKEW).unwrap_or(now).to_string().parse();
        let earliest =
            earliest.map_err(|_| ClaimsVerificationError::Other("the machine's clock".to_owned()))?;
        let latest = now.saturating_add(SKEW).unwrap_or(now).as_second();
        let verifier: CoreIdTokenVerifier<'_> = CoreIdTokenVerifier::new_public_client(
            ClientId::new(audience.clone()),
            known.issuer.clone(),
            known.keys.clone(),
        )
        .set_allowed_algs(ALGORITHMS)
        .set_allowed_jose_types(JsonWebTokenType::new(TYPE.to_owned()).normalize())
        // The token may be for other services, too.
        .set_other_audience_verifier_fn(|_| true)
        .set_time_fn(move || earliest)
        .set_issue_time_verifier_fn(move |issued| {
            if issued.timestamp() <= latest { Ok(()) } else { Err("issued in the future".to_owned()) }
        });
        // A nonce ties an ID token to a browser. An access token has none.
        token.claims(&verifier, |_: Option<&Nonce>| Ok(())).cloned()
    }
}

fn malformed() -> ProviderError {
    ProviderError::Refused("the token is not a signed JSON Web Token".to_owned())
}

/// The library accepts a token without a type. An ID token, which has none or another, must not open the API.
fn check_type(token: &str) -> Result<(), ProviderError> {
    let head = token.split('.').next().filter(|_| token.len() <= MAX_TOKEN_BYTES).ok_or_else(malformed)?;
    let head = URL_SAFE_NO_PAD.decode(head).map_err(|_| malformed())?;
    let head: Value = serde_json::from_slice(&head).map_err(|_| malformed())?;
    let kind = head.get("typ").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    if kind.strip_prefix("application/").unwrap_or(&kind) == TYPE {
        Ok(())
    } else {
        Err(ProviderError::Refused("the token is no access token (its typ is not at+jwt)".to_owned()))
    }
}

fn may_be_of_a_new_key(error: &ClaimsVerificationError) -> bool {
    use SignatureVerificationError as S;
    matches!(
        error,
        ClaimsVerificationError::SignatureVerification(
            S::NoMatchingKey | S::CryptoError(_) | S::AmbiguousKeyId(_) | S::InvalidKey(_)
        )
    )
}
