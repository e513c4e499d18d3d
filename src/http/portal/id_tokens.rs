//! The ID tokens of open sessions, which end the session at the provider at sign-out.
//!
//! They contain a national code, so they are only in the memory of the process that opened the session, and only while
//! the session can last. A sign-out elsewhere, or after a restart, has none: the provider then asks the person.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

/// Sessions of which a process keeps the token; the oldest is forgotten first.
const MAX_TOKENS: usize = 20_000;
/// A longer token would not fit into the address of the provider's logout.
const MAX_TOKEN_BYTES: usize = 4096;

type SessionDigest = [u8; 32];

struct StoredToken {
    since: Instant,
    id_token: String,
}

pub(super) struct IdTokens {
    life: Duration,
    kept: Mutex<BTreeMap<SessionDigest, StoredToken>>,
}

impl IdTokens {
    /// `life` is the longest time that a session lasts.
    pub fn new(life: Duration) -> Self {
        Self { life, kept: Mutex::default() }
    }

    pub fn keep(&self, session: &str, id_token: String, now: Instant) {
        if id_token.len() > MAX_TOKEN_BYTES {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, kept| now.saturating_duration_since(kept.since) < self.life);
        if kept.len() >= MAX_TOKENS {
            let oldest = kept.iter().min_by_key(|(_, kept)| kept.since).map(|(digest, _)| *digest);
            oldest.and_then(|digest| kept.remove(&digest));
        }
        kept.insert(digest_of(session), StoredToken { since: now, id_token });
    }

    /// The token of a session that ends. It is given once.
    pub fn take(&self, session: &str, now: Instant) -> Option<String> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.remove(&digest_of(session))?;
        (now.saturating_duration_since(found.since) < self.life).then_some(found.id_token)
    }
}

fn digest_of(session: &str) -> SessionDigest {
    Sha256::digest(session.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(100);

    #[test]
    fn a_token_is_given_once_and_not_after_the_session() {
        let (tokens, start) = (IdTokens::new(LIFE), crate::clock::Clock::new(None).unwrap().instant());
        tokens.keep("a", "token of a".to_owned(), start);
        assert_eq!(tokens.take("b", start), None);
        assert_eq!(tokens.take("a", start).as_deref(), Some("token of a"));
        assert_eq!(tokens.take("a", start), None);
        tokens.keep("a", "token of a".to_owned(), start);
        assert_eq!(tokens.take("a", start + LIFE), None);
    }

    #[test]
    fn what_is_over_or_too_long_is_not_kept() {
        let (tokens, start) = (IdTokens::new(LIFE), crate::clock::Clock::new(None).unwrap().instant());
        tokens.keep("a", "a".to_owned(), start);
        tokens.keep("b", "x".repeat(MAX_TOKEN_BYTES + 1), start);
        tokens.keep("c", "c".to_owned(), start + LIFE);
        assert_eq!(tokens.kept.lock().unwrap().len(), 1);
    }

    #[test]
    fn the_oldest_is_forgotten_first() {
        let (tokens, start) = (IdTokens::new(LIFE), crate::clock::Clock::new(None).unwrap().instant());
        for n in 0..=MAX_TOKENS {
            let at = start + Duration::from_micros(u64::try_from(n).unwrap());
            tokens.keep(&n.to_string(), n.to_string(), at);
        }
        assert_eq!(tokens.kept.lock().unwrap().len(), MAX_TOKENS);
        assert_eq!((tokens.take("0", start), tokens.take("1", start).is_some()), (None, true));
    }
}
