//! The TLS provider of the process. The HTTP client of traces and pictures is built without one and uses this; without it,
//! the client panics. PostgreSQL's client uses ring, too.

/// Makes ring the provider, once.
pub fn install() {
    // An error means that the process has a provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
