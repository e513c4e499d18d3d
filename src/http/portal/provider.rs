//! The OpenID provider: its metadata and keys, and who it says has signed in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim,
    CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields,
    EndSessionUrl, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IdToken,
    IdTokenFields, IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, RequestTokenError,
    Scope, StandardErrorResponse, StandardTokenResponse, TokenResponse as _, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::RwLock;

use crate::clock::Clock;
use crate::config::Secret;
use crate::http::pages::paths;
use crate::ident::NationalCode;
use crate::store::sessions::{NewSession, PortalRole};

/// Metadata and keys are read again after this time, and at once if a signature does not fit: the provider may have
/// changed its keys.
const METADATA_LIFE: Duration = Duration::from_secs(600);
/// Keys that were read less than this ago are not read again for an access token.
const KEYS_STAND: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(10);

/// The names of the claims that Peyvand reads.
#[derive(Clone, Debug)]
pub struct ClaimNames {
    pub national_code: String,
    pub officer: String,
    pub supervisor: String,
    pub finance: String,
    pub operator: String,
    pub auditor: String,
}

/// What an installation's settings say about the provider.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Option<Secret>,
    pub scopes: String,
    pub claims: ClaimNames,
    /// The portal's own origin.
    pub portal_url: String,
    /// The audience of access tokens. Without it there is no API.
    pub api_audience: Option<String>,
}

/// Why nobody is signed in. No text of the provider about a person is in it.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error("the OpenID provider (setting oidc_issuer) does not answer as it should: {0}")]
    Unavailable(String),
    #[error("the OpenID provider's answer is refused: {0}")]
    Refused(String),
    #[error("the provider's answer has no valid national code (setting oidc_national_code_claim)")]
    NoNationalCode,
    #[error("the provider's answer has not exactly one role of staff (settings oidc_…_claim)")]
    NoStaffRole,
}

/// Every claim that the standard does not name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct OtherClaims {
    #[serde(flatten)]
    pub(super) claims: BTreeMap<String, Value>,
}

impl AdditionalClaims for OtherClaims {}

type TokenFields = IdTokenFields<
    OtherClaims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

type IdentityToken =
    IdToken<OtherClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

type PortalClient = Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<TokenFields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The state with which the provider's logout returns.
pub(super) const FROM_PROVIDER: &str = "provider";

/// Who has signed in, and what proves it to the provider at sign-out.
pub(super) struct Identity {
    pub session: NewSession,
    pub id_token: String,
}

/// A sign-in to begin.
pub(super) struct AuthorizationRequest {
    pub url: String,
    pub nonce: String,
    pub verifier: String,
}

/// The provider's answer, with what the sign-in began with.
pub(super) struct Answer {
    pub code: String,
    pub verifier: String,
    pub nonce: String,
    pub as_staff: bool,
}

/// What the provider says about itself.
pub(super) struct Discovered {
    read_at: Instant,
    client: PortalClient,
    /// None if the provider has no logout.
    end_session: Option<EndSessionUrl>,
    pub(super) issuer: IssuerUrl,
    pub(super) keys: CoreJsonWebKeySet,
}

pub struct OpenIdProvider {
    pub(super) settings: ProviderSettings,
    http: reqwest::Client,
    pub(super) clock: Clock,
    known: RwLock<Option<Arc<Discovered>>>,
}

impl OpenIdProvider {
    /// Reads nothing yet: the provider may start after the portal.
    ///
    /// # Errors
    /// If the machine's certificates cannot be used.
    pub fn new(settings: ProviderSettings, clock: Clock) -> Result<Self, ProviderError> {
        // Another library of this process may have chosen the same provider of cryptography already.
        crate::tls::install();
        let http = reqwest::Client::builder()
            // A redirect could lead the token request to another host.
            .redirect(reqwest::redirect::Policy::none())
            .timeout(ANSWER)
            .build()
            .map_err(|error| ProviderError::Unavailable(error.to_string()))?;
        Ok(Self { settings, http, clock, known: RwLock::new(None) })
    }

    /// Whether programs may use the API.
    pub(super) fn has_api(&self) -> bool {
        self.settings.api_audience.is_some()
    }

    /// The provider's metadata and keys, which are read again if they are old or `anew` is set.
    pub(super) async fn known(&self, anew: bool) -> Result<Arc<Discovered>, ProviderError> {
        let now = self.clock.instant();
        if let Some(known) = self.known.read().await.as_ref().filter(|_| !anew)
            && now.saturating_duration_since(known.read_at) < METADATA_LIFE
        {
            return Ok(known.clone());
        }
        let known = Arc::new(self.discover(now).await?);
        *self.known.write().await = Some(known.clone());
        Ok(known)
    }

    /// Like [`Self::known`] with `anew`, but a provider whose keys were read a moment ago is not asked again: anybody
    /// can send a token with a signature that does not fit.
    pub(super) async fn newer_than(
        &self,
        used: &Discovered,
    ) -> Result<Option<Arc<Discovered>>, ProviderError> {
        let age = self.clock.instant().saturating_duration_since(used.read_at);
        if age < KEYS_STAND {
            return Ok(None);
        }
        let latest = self.known(false).await?;
        if latest.read_at > used.read_at { Ok(Some(latest)) } else { self.known(true).await.map(Some) }
    }

    async fn discover(&self, read_at: Instant) -> Result<Discovered, ProviderError> {
        let settings = &self.settings;
        let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(|error| unavailable(&error))?;
        let metadata = ProviderMetadataWithLogout::discover_async(issuer, &|request| self.call(request))
            .await
            .map_err(|error| unavailable(&error))?;
        let redirect = format!("{}/sign-in/callback", settings.portal_url);
        let redirect = RedirectUrl::new(redirect).map_err(|error| unavailable(&error))?;
        let secret =
            settings.client_secret.as_ref().map(|secret| ClientSecret::new(secret.expose().to_owned()));
        let end_session = metadata.additional_metadata().end_session_endpoint.clone();
        let (issuer, keys) = (metadata.issuer().clone(), metadata.jwks().clone());
        let client =
            Client::from_provider_metadata(metadata, ClientId::new(settings.client_id.clone()), secret);
        Ok(Discovered { read_at, client: client.set_redirect_uri(redirect), end_session, issuer, keys })
    }

    /// Sends one request to the provider.
    fn call(
        &self,
        request: HttpRequest,
    ) -> impl Future<Output = Result<HttpResponse, reqwest::Error>> + Send + 'static {
        let http = self.http.clone();
        async move {
            let mut response = http.execute(request.try_into()?).await?;
            let mut answer = HttpResponse::new(Vec::new());
            *answer.status_mut() = response.status();
            std::mem::swap(answer.headers_mut(), response.headers_mut());
            *answer.body_mut() = response.bytes().await?.to_vec();
            Ok(answer)
        }
    }

    /// # Errors
    /// If the provider does not answer.
    pub(super) async fn authorize(&self, state: &str) -> Result<AuthorizationRequest, ProviderError> {
        let known = self.known(false).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let state = state.to_owned();
        let mut request = known.client.authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || CsrfToken::new(state),
            Nonce::new_random,
        );
        for scope in self.settings.scopes.split_ascii_whitespace() {
            request = request.add_scope(Scope::new(scope.to_owned()));
        }
        let (url, _, nonce) = request.set_pkce_challenge(challenge).url();
        let (nonce, verifier) = (nonce.secret().clone(), verifier.into_secret());
        Ok(AuthorizationRequest { url: url.into(), nonce, verifier })
    }

    /// Where a browser ends the session at the provider. None if the provider has no logout.
    ///
    /// # Errors
    /// If the provider does not answer.
    pub(super) async fn logout_url(&self, id_token: Option<&str>) -> Result<Option<String>, ProviderError> {
        let Some(end_session) = self.known(false).await?.end_session.clone() else {
            return Ok(None);
        };
        let back = format!("{}{}", self.settings.portal_url, paths::SIGNED_OUT);
        let back = PostLogoutRedirectUrl::new(back).map_err(|error| unavailable(&error))?;
        let mut request = LogoutRequest::from(end_session)
            .set_client_id(ClientId::new(self.settings.client_id.clone()))
            .set_post_logout_redirect_uri(back)
            .set_state(CsrfToken::new(FROM_PROVIDER.to_owned()));
        if let Some(token) = id_token {
            let token = token.parse::<IdentityToken>().map_err(|error| refused(&error))?;
            request = request.set_id_token_hint(&token);
        }
        Ok(Some(request.http_get_url().into()))
    }

    /// Who has signed in.
    ///
    /// # Errors
    /// If the provider does not answer, or its answer cannot be trusted or used.
    pub(super) async fn identity(&self, answer: Answer) -> Result<Identity, ProviderError> {
        let known = self.known(false).await?;
        let client = &known.client;
        let request = client
            .exchange_code(AuthorizationCode::new(answer.code))
            .map_err(|error| unavailable(&error))?
            .set_pkce_verifier(PkceCodeVerifier::new(answer.verifier));
        let tokens =
            request.request_async(&|request| self.call(request)).await.map_err(|error| match error {
                RequestTokenError::Request(_) => unavailable(&error),
                _ => refused(&error),
            })?;
        let id_token =
            tokens.id_token().ok_or_else(|| ProviderError::Refused("it contains no ID token".to_owned()))?;
        let nonce = Nonce::new(answer.nonce);
        let verified = match id_token.claims(&client.id_token_verifier(), &nonce) {
            Ok(claims) => claims.clone(),
            Err(openidconnect::ClaimsVerificationError::SignatureVerification(_)) => {
                let renewed = self.known(true).await?;
                let verifier = renewed.client.id_token_verifier();
                id_token.claims(&verifier, &nonce).map_err(|error| refused(&error))?.clone()
            }
            Err(error) => return Err(refused(&error)),
        };
        let mut claims = verified.additional_claims().claims.clone();
        let mut name = verified.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned());
        if !claims.contains_key(&self.settings.claims.national_code) {
            // Many providers give claims of a scope only there.
            let request = client
                .user_info(tokens.access_token().clone(), Some(verified.subject().clone()))
                .map_err(|_| ProviderError::NoNationalCode)?;
            let info: UserInfoClaims<OtherClaims, CoreGenderClaim> = request
                .request_async(&|request| self.call(request))
                .await
                .map_err(|error| refused(&error))?;
            name = name
                .or_else(|| info.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned()));
            claims.extend(info.additional_claims().claims.clone());
        }
        let session = self.settings.claims.session(&claims, name, answer.as_staff)?;
        Ok(Identity { session, id_token: id_token.to_string() })
    }
}

fn unavailable(error: &dyn std::error::Error) -> ProviderError {
    ProviderError::Unavailable(with_causes(error))
}

pub(super) fn refused(error: &dyn std::error::Error) -> ProviderError {
    ProviderError::Refused(with_causes(error))
}

/// The error with its causes. Identifiers are masked, because the text may quote what the provider has sent.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    crate::ident::mask::mask_identifiers(&text.chars().take(300).collect::<String>())
}

impl ClaimNames {
    /// The session that an access token gives: of the one role of staff that it names, or else of the person.
    pub(super) fn of_token(&self, claims: &BTreeMap<String, Value>) -> Result<NewSession, ProviderError> {
        let names = [&self.officer, &self.supervisor, &self.finance, &self.operator, &self.auditor];
        let is_staff = names.iter().filter_map(|name| claims.get(*name)).any(|value| !is_none(value));
        self.session(claims, None, is_staff)
    }

    /// The session that the claims give.
    fn session(
        &self,
        claims: &BTreeMap<String, Value>,
        name: Option<String>,
        as_staff: bool,
    ) -> Result<NewSession, ProviderError> {
        let code = claims.get(&self.national_code).and_then(Value::as_str);
        let person: NationalCode =
            code.and_then(|code| code.parse().ok()).ok_or(ProviderError::NoNationalCode)?;
        let (role, unit) = if as_staff { self.staff_role(claims)? } else { (PortalRole::Insured, None) };
        let full_name = name.unwrap_or_default().chars().take(100).collect();
        Ok(NewSession { person, role, unit, full_name })
    }

    /// The one role that the claims give. Several are refused, because a session has the rights of one.
    fn staff_role(
        &self,
        claims: &BTreeMap<String, Value>,
    ) -> Result<(PortalRole, Option<String>), ProviderError> {
        let mut roles = Vec::new();
        for (role, name, length) in
            [(PortalRole::Officer, &self.officer, 4), (PortalRole::Supervisor, &self.supervisor, 2)]
        {
            if let Some(value) = claims.get(name).filter(|value| !value.is_null()) {
                let unit = value.as_str().and_then(|code| unit_code(code, length));
                roles.push((role, Some(unit.ok_or(ProviderError::NoStaffRole)?)));
            }
        }
        for (role, name) in [
            (PortalRole::Finance, &self.finance),
            (PortalRole::Operator, &self.operator),
            (PortalRole::Auditor, &self.auditor),
        ] {
            if claims.get(name).is_some_and(|value| *value == Value::Bool(true) || *value == "true") {
                roles.push((role, None));
            }
        }
        match roles.len() {
            1 => roles.pop().ok_or(ProviderError::NoStaffRole),
            _ => Err(ProviderError::NoStaffRole),
        }
    }
}

/// Whether the claim says that there is no such role.
fn is_none(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Bool(false))
}

/// A code of a branch or a province with its leading zeros.
fn unit_code(code: &str, length: usize) -> Option<String> {
    let is_code = (1..=length).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit());
    is_code.then(|| format!("{code:0>length$}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn session(claims: &Value, as_staff: bool) -> Result<NewSession, String> {
        let names = ClaimNames {
            national_code: "nc".to_owned(),
            officer: "o".to_owned(),
            supervisor: "s".to_owned(),
            finance: "f".to_owned(),
            operator: "p".to_owned(),
            auditor: "a".to_owned(),
        };
        let claims = serde_json::from_value(claims.clone()).unwrap();
        names.session(&claims, Some("نام".to_owned()), as_staff).map_err(|error| error.to_string())
    }

    #[test]
    fn a_session_has_one_role() {
        let code = "4398013083";
        for (claims, role, unit) in [
            (json!({"nc": code, "o": "12"}), PortalRole::Officer, Some("0012")),
            (json!({"nc": code, "s": "7", "f": false}), PortalRole::Supervisor, Some("07")),
            (json!({"nc": code, "f": true}), PortalRole::Finance, None),
            (json!({"nc": code, "p": "true", "o": null}), PortalRole::Operator, None),
            (json!({"nc": code, "a": true}), PortalRole::Auditor, None),
        ] {
            let staff = session(&claims, true).unwrap();
            assert_eq!((staff.role, staff.unit.as_deref()), (role, unit));
            let person = session(&claims, false).unwrap();
            assert_eq!((person.role, person.unit), (PortalRole::Insured, None));
        }
        for claims in [
            json!({"nc": code}),
            json!({"nc": code, "o": "12", "f": true}),
            json!({"nc": code, "o": "12345"}),
            json!({"nc": code, "o": 12}),
            json!({"nc": code, "f": "yes"}),
        ] {
            assert!(session(&claims, true).err().unwrap().contains("oidc_"), "{claims}");
        }
    }

    #[test]
    fn a_session_needs_a_valid_national_code_and_its_error_shows_none() {
        for claims in [json!({}), json!({"nc": "4398013084"}), json!({"nc": 4_398_013_083_u64})] {
            let error = session(&claims, false).err().unwrap();
            assert!(error.contains("oidc_national_code_claim") && !error.contains("439"), "{error}");
        }
    }
}
