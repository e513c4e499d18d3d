//! The shapes of the icons: the attribute `d` of a path on a grid of 24.

pub const CHECK: &str = "M4.5 12.5 9.5 17.5 19.5 7";
pub const CROSS: &str = "M6 6 18 18 M18 6 6 18";
pub const CLOCK: &str = "M12 7v5.5l3.5 2 M12 3a9 9 0 1 0 .01 0Z";
pub const EYE: &str =
    "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z M12 9.2a2.8 2.8 0 1 0 .01 0Z";
pub const HAND: &str = "M12 3.5v9 M12 16.5v.6 M12 20.4v.1";
pub const LOCK: &str = "M6 11h12v9H6Z M8.5 11V8a3.5 3.5 0 0 1 7 0v3";
pub const SEND: &str = "M20 12H5 M11 6l-6 6 6 6";

/// The icon of a badge or of a state of a condition.
pub fn of(key: &str) -> &'static str {
    match key {
        "paid" | "approved" | "met" | "accepted" => CHECK,
        "refused" | "unmet" | "not_accepted" | "withdrawn" => CROSS,
        "waiting" | "draft" => HAND,
        "review" => EYE,
        "sent" => SEND,
        _ => CLOCK,
    }
}
