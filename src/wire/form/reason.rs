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
/// A number beyond the range of its field.
pub const TOO_LARGE: &str = "too_large";
/// A row with another number of fields than the header has columns.
pub const WRONG_NUMBER_OF_FIELDS: &str = "wrong_number_of_fields";
/// A quotation mark inside a value.
pub const STRAY_QUOTATION_MARK: &str = "stray_quotation_mark";
/// A line of a value that a quotation mark extends over several lines.
pub const NEWLINE_IN_VALUE: &str = "newline_in_value";
/// A birth on or after the deed, or a registration in the future.
pub const IMPLAUSIBLE_DATE: &str = "implausible_date";
/// An instant before 2000, or more than a day ahead.
pub const IMPLAUSIBLE_INSTANT: &str = "implausible_instant";
/// A number, count or digest that contradicts other fields of the event.
pub const CONTRADICTORY: &str = "contradictory";
/// Fewer or more elements than the schema allows.
pub const WRONG_LENGTH: &str = "wrong_length";

/// A delivery status that is not final.
pub const NOT_FINAL: &str = "not_final";

pub const ALL: [&str; 22] = [
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
    TOO_LARGE,
    WRONG_NUMBER_OF_FIELDS,
    STRAY_QUOTATION_MARK,
    NEWLINE_IN_VALUE,
    IMPLAUSIBLE_DATE,
    IMPLAUSIBLE_INSTANT,
    CONTRADICTORY,
    WRONG_LENGTH,
    NOT_FINAL,
];
