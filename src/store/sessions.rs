//! Sign-ins and sessions of the portal. The database's clock measures their age, because a fixed business date stops the
//! clock of the program. Only digests of tokens are stored.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sha2::{Digest, Sha256};
use sqlx::FromRow;

use super::{Error, PgPool, Result, code};
use crate::failpoint::failpoint;
use crate::ident::NationalCode;

/// What a signed-in person may do on the portal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PortalRole {
    Insured,
    /// Of a branch.
    Officer,
    /// Of a province.
    Supervisor,
    Finance,
    Operator,
    Auditor,
}

impl PortalRole {
    pub const ALL: [Self; 6] =
        [Self::Insured, Self::Officer, Self::Supervisor, Self::Finance, Self::Operator, Self::Auditor];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Insured => "insured",
            Self::Officer => "officer",
            Self::Supervisor => "supervisor",
            Self::Finance => "finance",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
        }
    }
}

impl FromStr for PortalRole {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(Error::Unreadable("role of a session"))
    }
}

/// Who the provider says has signed in.
#[derive(Clone, PartialEq, Eq)]
pub struct NewSession {
    pub person: NationalCode,
    pub role: PortalRole,
    /// The officer's branch or the supervisor's province.
    pub unit: Option<String>,
    pub full_name: String,
}

/// A person or a member of staff with a valid session or access token. Only [`resume`] and [`SignedIn::by_token`] make
/// one, so that the scope of a transaction (`super::scope`) always is that of somebody who has signed in.
#[derive(Clone)]
pub struct SignedIn {
    who: NewSession,
}

impl SignedIn {
    /// For a program with an access token that was verified. `who` is what the token says.
    pub fn by_token(who: NewSession) -> Self {
        Self { who }
    }

    pub fn person(&self) -> NationalCode {
        self.who.person
    }

    pub fn role(&self) -> PortalRole {
        self.who.role
    }

    pub fn unit(&self) -> Option<&str> {
        self.who.unit.as_deref()
    }

    pub fn full_name(&self) -> &str {
        &self.who.full_name
    }
}

/// Shows only the role.
impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn").field("role", &self.who.role).finish_non_exhaustive()
    }
}

/// How long a session lasts: without a request, and in all.
#[derive(Clone, Copy, Debug)]
pub struct SessionLimits {
    pub idle: Duration,
    pub absolute: Duration,
}

/// How long the provider's answer to a sign-in is awaited.
const SIGN_IN_LIFE_S: f64 = 600.0;

/// A sign-in that waits for the provider's answer.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct PendingSignIn {
    pub nonce: String,
    pub verifier: String,
    /// Whether the claims of staff give the role.
    pub as_staff: bool,
    /// The page that was asked for.
    pub return_to: String,
}

/// The two random values that tie the provider's answer to the browser that began the sign-in.
#[derive(Clone, Copy)]
pub struct SignInProof<'a> {
    pub state: &'a str,
    pub browser: &'a str,
}

fn digest_of(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// Stores a sign-in, and forgets those that nobody has completed.
pub async fn begin_sign_in(pool: &PgPool, proof: SignInProof<'_>, pending: &PendingSignIn) -> Result<()> {
    let forget =
        sqlx::query("DELETE FROM portal_sign_ins WHERE began_at < now() - make_interval(secs => $1)")
            .bind(SIGN_IN_LIFE_S);
    failpoint!("sign_in.forget", forget.execute(pool).await)?;
    let insert = sqlx::query(
        "INSERT INTO portal_sign_ins (state_digest, browser_digest, nonce, verifier, as_staff, return_to)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(digest_of(proof.state))
    .bind(digest_of(proof.browser))
    .bind(&pending.nonce)
    .bind(&pending.verifier)
    .bind(pending.as_staff)
    .bind(&pending.return_to);
    failpoint!("sign_in.begin", insert.execute(pool).await)?;
    Ok(())
}

/// Takes the sign-in that belongs to an answer of the provider. It can be taken once.
pub async fn take_sign_in(pool: &PgPool, proof: SignInProof<'_>) -> Result<Option<PendingSignIn>> {
    let take = sqlx::query_as(
        "DELETE FROM portal_sign_ins
         WHERE state_digest = $1 AND browser_digest = $2 AND began_at >= now() - make_interval(secs => $3)
         RETURNING nonce, verifier, as_staff, return_to",
    )
    .bind(digest_of(proof.state))
    .bind(digest_of(proof.browser))
    .bind(SIGN_IN_LIFE_S);
    Ok(failpoint!("sign_in.take", take.fetch_optional(pool).await)?)
}

/// Opens a session under a new token, and forgets sessions that are over.
pub async fn open(pool: &PgPool, token: &str, new: &NewSession, limits: SessionLimits) -> Result<()> {
    let forget = sqlx::query(
        "DELETE FROM portal_sessions WHERE signed_in_at < now() - make_interval(secs => $1)
             OR used_at < now() - make_interval(secs => $2)",
    )
    .bind(limits.absolute.as_secs_f64())
    .bind(limits.idle.as_secs_f64());
    failpoint!("session.forget", forget.execute(pool).await)?;
    let insert = sqlx::query(
        "INSERT INTO portal_sessions (token_digest, person, role, unit, full_name) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(digest_of(token))
    .bind(new.person.to_i64())
    .bind(new.role.as_str())
    .bind(&new.unit)
    .bind(&new.full_name);
    failpoint!("session.open", insert.execute(pool).await)?;
    Ok(())
}

#[derive(FromRow)]
struct SessionRow {
    person: i64,
    role: String,
    unit: Option<String>,
    full_name: String,
}

/// The session of a token, which is in use from now on. `None` if there is none, or if it is over.
pub async fn resume(pool: &PgPool, token: &str, limits: SessionLimits) -> Result<Option<SignedIn>> {
    let resume = sqlx::query_as::<_, SessionRow>(
        "UPDATE portal_sessions SET used_at = now()
         WHERE token_digest = $1 AND signed_in_at >= now() - make_interval(secs => $2)
             AND used_at >= now() - make_interval(secs => $3)
         RETURNING person, role, unit, full_name",
    )
    .bind(digest_of(token))
    .bind(limits.absolute.as_secs_f64())
    .bind(limits.idle.as_secs_f64());
    let row = failpoint!("session.resume", resume.fetch_optional(pool).await)?;
    let Some(SessionRow { person, role, unit, full_name }) = row else {
        return Ok(None);
    };
    let who = NewSession { person: code(person)?, role: role.parse()?, unit, full_name };
    Ok(Some(SignedIn { who }))
}

pub async fn end(pool: &PgPool, token: &str) -> Result<()> {
    let end = sqlx::query("DELETE FROM portal_sessions WHERE token_digest = $1").bind(digest_of(token));
    failpoint!("session.end", end.execute(pool).await)?;
    Ok(())
}
