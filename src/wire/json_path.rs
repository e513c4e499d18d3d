//! Finds the path of an error in a JSON text, such as `rows[3].days`. Runs only after an error.

/// The path of the value at serde's line and column. A key that no Peyvand schema could contain is shown as `?`.
pub(crate) fn at(json: &[u8], line: usize, column: usize) -> String {
    let start = match line {
        0 | 1 => 0,
        _ => json.iter().enumerate().filter(|(_, b)| **b == b'\n').nth(line - 2).map_or(0, |(at, _)| at + 1),
    };
    let mut end = (start + column).min(json.len());
    // A bracket at the error's position belongs to the value that was being read.
    if end > 0 && matches!(json[end - 1], b'{' | b'[' | b'}' | b']') {
        end -= 1;
    }
    scan(&json[..end])
}

/// `path` with its last field replaced.
pub(crate) fn sibling(path: &str, field: &str) -> String {
    match path.rfind('.') {
        Some(dot) => format!("{}.{field}", &path[..dot]),
        None => field.to_owned(),
    }
}

enum Frame {
    Object(String),
    Array(usize),
}

fn scan(json: &[u8]) -> String {
    let mut frames: Vec<Frame> = Vec::new();
    let mut text_from = None;
    let mut last_text: &[u8] = b"";
    let mut escaped = false;
    for (at, byte) in json.iter().enumerate() {
        if let Some(from) = text_from {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    last_text = &json[from..at];
                    text_from = None;
                }
                _ => {}
            }
            continue;
        }
        match (byte, frames.last_mut()) {
            (b'"', _) => text_from = Some(at + 1),
            (b'{', _) => frames.push(Frame::Object(String::new())),
            (b'[', _) => frames.push(Frame::Array(0)),
            (b'}' | b']', _) => drop(frames.pop()),
            (b':', Some(Frame::Object(key))) => *key = field_name(last_text),
            (b',', Some(Frame::Array(index))) => *index += 1,
            _ => {}
        }
    }
    path_of(&frames)
}

/// The key, or `?` if no Peyvand schema could contain it.
pub(crate) fn field_name(text: &[u8]) -> String {
    let plain = text.len() <= 40 && text.iter().all(|b| b.is_ascii_lowercase() || *b == b'_');
    if plain { String::from_utf8_lossy(text).into_owned() } else { "?".to_owned() }
}

fn path_of(frames: &[Frame]) -> String {
    let mut path = String::new();
    for frame in frames {
        match frame {
            Frame::Array(index) => path.push_str(&format!("[{index}]")),
            Frame::Object(key) if path.is_empty() => path.push_str(key),
            Frame::Object(key) => {
                path.push('.');
                path.push_str(key);
            }
        }
    }
    if path.is_empty() { "the value".to_owned() } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let json = br#"{"a":"x\"{","rows":[{"days":1},{"days":-1}],"9120000000":{"b":2}}"#;
        for (needle, path) in
            [("-1", "rows[1].days"), ("-1}", "rows[1].days"), ("\"x", "a"), ("\"b\":2", "?.b")]
        {
            let column = String::from_utf8_lossy(json).find(needle).unwrap() + needle.len();
            assert_eq!(at(json, 1, column), path);
        }
        assert_eq!(sibling("rows[1].days", "month"), "rows[1].month");
        assert_eq!(sibling("days", "month"), "month");
        assert_eq!(at(b"{\n\"a\":\n1,\n\"b\":2", 4, 5), "b");
    }
}
