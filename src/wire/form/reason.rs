//! The codes of field errors, for messages and files.

pub const MISSING: &str = "missing";
pub const NO_SUCH_DATE: &str = "no_such_date";
pub const BAD_CHECK_DIGIT: &str = "bad_check_digit";
/// Not the digits of a code of this kind.
pub const NOT_A_CODE: &str = "not_a_code";
pub const UNKNOWN_WORD: &str = "unknown_word";
pub const NOT_A_NUMBER: &str = "not_a_number";
pub const NEGATIVE: &str = "negative";
pub const ENDED_BEFORE_START: &str = "ended_before_start";
pub const DEED_AFTER_REGISTERED: &str = "deed_after_registered";
pub const SAME_SPOUSES: &str = "same_spouses";
pub const NO_SPOUSE: &str = "no_spouse";
/// Control characters, or bytes that are not UTF-8.
pub const NOT_TEXT: &str = "not_text";
pub const TOO_LONG: &str = "too_long";
/// A row with more fields than the header has columns.
pub const EXTRA_FIELDS: &str = "extra_fields";
/// A number, count or digest that contradicts other fields of the event.
pub const CONTRADICTORY: &str = "contradictory";
/// Fewer or more elements than the schema allows.
pub const WRONG_LENGTH: &str = "wrong_length";

/// A delivery status that is not final.
pub const NOT_FINAL: &str = "not_final";

pub const ALL: [&str; 17] = [
    MISSING,
    NO_SUCH_DATE,
    BAD_CHECK_DIGIT,
    NOT_A_CODE,
    UNKNOWN_WORD,
    NOT_A_NUMBER,
    NEGATIVE,
    ENDED_BEFORE_START,
    DEED_AFTER_REGISTERED,
    SAME_SPOUSES,
    NO_SPOUSE,
    NOT_TEXT,
    TOO_LONG,
    EXTRA_FIELDS,
    CONTRADICTORY,
    WRONG_LENGTH,
    NOT_FINAL,
];
