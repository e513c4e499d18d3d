//! The codes of field errors, for messages and files, and what is wanted instead.

pub const MISSING: &str = "missing";
/// Not the form of a value of this kind: a date that is not `YYYY-MM-DD`, a number where text belongs.
pub const WRONG_FORM: &str = "wrong_form";
/// A date or instant of the right form that does not exist.
pub const NO_SUCH_DATE: &str = "no_such_date";
/// An instant without `Z` or an offset.
pub const NO_OFFSET: &str = "no_offset";
/// An instant before 2000, or more than a day ahead of the reference instant.
pub const IMPLAUSIBLE_INSTANT: &str = "implausible_instant";
/// A birth on or after the deed, or a registration after the reference day.
pub const IMPLAUSIBLE_DATE: &str = "implausible_date";
pub const BAD_CHECK_DIGIT: &str = "bad_check_digit";
/// Not the characters of a code of this kind.
pub const NOT_A_CODE: &str = "not_a_code";
pub const UNKNOWN_WORD: &str = "unknown_word";
pub const NOT_A_NUMBER: &str = "not_a_number";
pub const NEGATIVE: &str = "negative";
pub const TOO_LARGE: &str = "too_large";
pub const ENDED_BEFORE_START: &str = "ended_before_start";
pub const DEED_AFTER_REGISTERED: &str = "deed_after_registered";
pub const SAME_SPOUSES: &str = "same_spouses";
pub const NO_SPOUSE: &str = "no_spouse";
/// Control characters, or bytes that are not UTF-8.
pub const NOT_TEXT: &str = "not_text";
pub const TOO_LONG: &str = "too_long";
/// A row with another number of fields than the header has columns.
pub const WRONG_NUMBER_OF_FIELDS: &str = "wrong_number_of_fields";
/// A quotation mark inside a value.
pub const STRAY_QUOTATION_MARK: &str = "stray_quotation_mark";
/// A line of a value that a quotation mark extends over several lines.
pub const NEWLINE_IN_VALUE: &str = "newline_in_value";
/// A number, count or digest that contradicts other fields of the event.
pub const CONTRADICTORY: &str = "contradictory";
/// Fewer or more elements than the schema allows.
pub const WRONG_LENGTH: &str = "wrong_length";

/// A delivery status that is not final.
pub const NOT_FINAL: &str = "not_final";

/// Every code, with what is wanted instead.
const WANTED: [(&str, &str); 24] = [
    (MISSING, "a value; this field may not be empty"),
    (WRONG_FORM, "the form that the schema gives"),
    (NO_SUCH_DATE, "a date that exists"),
    (NO_OFFSET, "an RFC 3339 instant that ends in Z or an offset such as +03:30"),
    (IMPLAUSIBLE_INSTANT, "an instant from 2000 on, at most a day ahead of the event's ce_time"),
    (IMPLAUSIBLE_DATE, "a birth before the deed, and a registration not after the day of ce_time in Tehran"),
    (BAD_CHECK_DIGIT, "a national code with its own check digit"),
    (NOT_A_CODE, "the digits or letters of a code of this kind, in full length"),
    (UNKNOWN_WORD, "one of the words that the schema lists"),
    (NOT_A_NUMBER, "a whole number"),
    (NEGATIVE, "a number that is not negative"),
    (TOO_LARGE, "a number within the limit of this field"),
    (ENDED_BEFORE_START, "an end on or after started_on"),
    (DEED_AFTER_REGISTERED, "a deed on or before registered_on"),
    (SAME_SPOUSES, "two different persons"),
    (NO_SPOUSE, "the national code of at least one spouse"),
    (NOT_TEXT, "UTF-8 text without control characters"),
    (TOO_LONG, "a shorter text"),
    (WRONG_NUMBER_OF_FIELDS, "as many fields as the header has columns"),
    (STRAY_QUOTATION_MARK, "a value without quotation marks, or one that is enclosed whole"),
    (NEWLINE_IN_VALUE, "a value on one line"),
    (CONTRADICTORY, "a value that agrees with the other fields and the event type"),
    (WRONG_LENGTH, "a list of the length that the schema allows"),
    (NOT_FINAL, "a final delivery status"),
];

/// The code of this text, if it is one.
pub fn known(text: &str) -> Option<&'static str> {
    WANTED.iter().map(|(code, _)| *code).find(|code| *code == text)
}

/// What is wanted instead of a value with this fault.
pub fn wanted(code: &str) -> &'static str {
    WANTED.iter().find(|(known, _)| *known == code).map_or("another value", |(_, wanted)| *wanted)
}
