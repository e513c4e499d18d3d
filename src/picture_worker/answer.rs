//! What the child writes: one line of JSON, then the bytes of the picture.

use serde::{Deserialize, Serialize};

use crate::pictures::{CleanPicture, MediaType, Refusal};

/// Maximum length of the first line.
pub const MAX_HEADER_BYTES: usize = 1024;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Header {
    Clean { media_type: MediaType, width: u32, height: u32 },
    Refused(Refusal),
}

/// The answer to a picture.
pub fn write(result: Result<CleanPicture, Refusal>) -> Vec<u8> {
    let (header, bytes) = match result {
        Ok(picture) => {
            let (media_type, width, height) = (picture.media_type(), picture.width(), picture.height());
            (Header::Clean { media_type, width, height }, picture.into_bytes())
        }
        Err(refusal) => (Header::Refused(refusal), Vec::new()),
    };
    let mut answer = serde_json::to_vec(&header).unwrap_or_default();
    answer.push(b'\n');
    answer.extend_from_slice(&bytes);
    answer
}

/// Reads an answer. One that makes no sense is a refusal.
pub fn read(answer: &[u8]) -> Result<CleanPicture, Refusal> {
    let head = &answer[..answer.len().min(MAX_HEADER_BYTES)];
    let end = head.iter().position(|byte| *byte == b'\n').ok_or(Refusal::CannotBeRead)?;
    let bytes = &answer[end + 1..];
    match serde_json::from_slice(&answer[..end]) {
        Ok(Header::Clean { media_type, width, height }) => {
            CleanPicture::from_parts(media_type, width, height, bytes.to_vec()).ok_or(Refusal::CannotBeRead)
        }
        Ok(Header::Refused(refusal)) => Err(refusal),
        Err(_) => Err(Refusal::CannotBeRead),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_makes_no_sense_is_a_refusal() {
        let jpeg = b"\xFF\xD8\xFF\xD9";
        let head = br#"{"clean":{"media_type":"image/jpeg","width":1,"height":1}}"#;
        assert!(read(&[head, &b"\n"[..], jpeg].concat()).is_ok());
        let huge = br#"{"clean":{"media_type":"image/jpeg","width":65535,"height":65535}}"#;
        let html = [&head[..], b"\n", b"<script>"].concat();
        for wrong in [&b""[..], b"\n", b"{}\n", head, &html, &[&huge[..], b"\n", jpeg].concat()] {
            assert_eq!(read(wrong).unwrap_err(), Refusal::CannotBeRead, "{wrong:?}");
        }
        let refused = write(Err(Refusal::TooManyPixels { width: 9, height: 8 }));
        assert_eq!(read(&refused).unwrap_err(), Refusal::TooManyPixels { width: 9, height: 8 });
    }
}
