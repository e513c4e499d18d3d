//! Limits of requests per person and per address.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::{ErrorPage, Portal};
use crate::http::PeerAddress;
use crate::ident::NationalCode;
use crate::telemetry::Metrics;

/// Many people share an address: a household, an office, a mobile network.
const ADDRESS_FACTOR: u32 = 10;
/// After this many requests, keys without recent requests are forgotten.
const FORGET_AFTER: u32 = 4096;

pub(super) struct RequestLimits {
    persons: DefaultKeyedRateLimiter<i64>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    requests: AtomicU32,
}

impl RequestLimits {
    pub fn new(per_minute: u32) -> Self {
        let quota = |n: u32| Quota::per_minute(NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN));
        Self {
            persons: RateLimiter::keyed(quota(per_minute)),
            addresses: RateLimiter::keyed(quota(per_minute.saturating_mul(ADDRESS_FACTOR))),
            requests: AtomicU32::new(0),
        }
    }

    pub fn check_person(&self, person: NationalCode) -> Result<(), ErrorPage> {
        self.persons.check_key(&person.to_i64()).map_err(|_| ErrorPage::TooMany)
    }

    fn check_address(&self, address: IpAddr) -> Result<(), ErrorPage> {
        if self.requests.fetch_add(1, Ordering::Relaxed) % FORGET_AFTER == FORGET_AFTER - 1 {
            self.persons.retain_recent();
            self.addresses.retain_recent();
        }
        self.addresses.check_key(&network(address)).map_err(|_| ErrorPage::TooMany)
    }
}

/// One subscriber of IPv6 has a whole network of 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let bits = address.to_bits() & (u128::MAX << 64);
            IpAddr::V6(Ipv6Addr::from_bits(bits))
        }
    }
}

/// The client's address. Only a proxy of the settings may name another one than its own: the last that it has added.
fn client(peer: IpAddr, proxies: &[IpAddr], headers: &HeaderMap) -> IpAddr {
    if !proxies.contains(&peer) {
        return peer;
    }
    let forwarded =
        headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    forwarded.and_then(|list| list.rsplit(',').next()?.trim().parse().ok()).unwrap_or(peer)
}

pub(super) async fn limit_address(
    State(portal): State<Arc<Portal>>,
    request: Request,
    next: Next,
) -> Response {
    Metrics::global().portal_requests.add(1);
    if let Some(PeerAddress(peer)) = request.extensions().get().copied() {
        let client = client(peer, &portal.settings.proxies, request.headers());
        if let Err(page) = portal.limits.check_address(client) {
            return page.into_response();
        }
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_and_an_address_have_their_own_limits() {
        let limits = RequestLimits::new(10);
        let [one, other] = ["4398013083", "0012345679"].map(|code| code.parse().unwrap());
        let granted = (0..50).filter(|_| limits.check_person(one).is_ok()).count();
        assert_eq!(granted, 10);
        assert!(limits.check_person(other).is_ok());
        let [one, other] = ["192.0.2.1", "192.0.2.2"].map(|address| address.parse().unwrap());
        let granted = (0..500).filter(|_| limits.check_address(one).is_ok()).count();
        assert_eq!(granted, 100);
        assert!(limits.check_address(other).is_ok());
    }

    #[test]
    fn only_a_known_proxy_names_another_address() {
        let [proxy, stranger, client_v4] =
            ["10.0.0.1", "203.0.113.9", "198.51.100.7"].map(|text| text.parse::<IpAddr>().unwrap());
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "192.0.2.66, 198.51.100.7".parse().unwrap());
        assert_eq!(client(proxy, &[proxy], &headers), client_v4);
        assert_eq!(client(stranger, &[proxy], &headers), stranger);
        assert_eq!(client(proxy, &[proxy], &HeaderMap::new()), proxy);
        let [a, b] = ["2001:db8::1", "2001:db8::ffff:2"].map(|text| network(text.parse().unwrap()));
        assert_eq!(a, b);
    }
}
