//! Limits of an objection. Hint, check and message use the same constants.

/// Maximum length of the text.
pub const MAX_TEXT_CHARS: usize = 2_000;
/// Maximum number of pictures of one objection.
pub const MAX_PICTURES: usize = crate::wire::portal_objections_v1::MAX_PICTURES;

/// Why a text cannot be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TextFault {
    Empty,
    TooLong { chars: usize },
}

/// The text as it is stored: line ends of a form become newlines, and other control characters are dropped. A draft keeps
/// a text of any length that a form can send.
#[must_use]
pub fn kept_text(typed: &str) -> String {
    let lines = typed.replace("\r\n", "\n").replace('\r', "\n");
    lines.chars().filter(|c| *c == '\n' || !c.is_control()).collect::<String>().trim().to_owned()
}

/// Checks a stored text before it is sent.
///
/// # Errors
/// What is wrong with it.
pub fn check_text(text: &str) -> Result<(), TextFault> {
    let chars = text.chars().count();
    if chars == 0 {
        return Err(TextFault::Empty);
    }
    if chars > MAX_TEXT_CHARS { Err(TextFault::TooLong { chars }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_end_of_a_form_counts_once() {
        assert_eq!(kept_text(" یک\r\nدو\0\r\n "), "یک\nدو");
        let longest = "پ".repeat(MAX_TEXT_CHARS - 2) + "\r\nپ";
        assert_eq!(check_text(&kept_text(&longest)), Ok(()));
        let chars = MAX_TEXT_CHARS + 1;
        assert_eq!(check_text(&"پ".repeat(chars)), Err(TextFault::TooLong { chars }));
        assert_eq!(check_text(&kept_text(" \r\n")), Err(TextFault::Empty));
    }
}
