//! Where pictures are stored.

use std::path::PathBuf;

/// The place of the pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobsUrl {
    Folder(PathBuf),
    S3 {
        bucket: String,
        /// Without slashes at its ends; may be empty.
        prefix: String,
    },
}

impl BlobsUrl {
    /// `file:FOLDER`, `file:///FOLDER` or `s3://BUCKET/PREFIX`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix("file:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return (!path.is_empty()).then(|| Self::Folder(PathBuf::from(path)));
        }
        let rest = text.strip_prefix("s3://")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_bucket = (3..=63).contains(&bucket.len())
            && bucket
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'));
        let prefix = prefix.trim_matches('/');
        let is_prefix = prefix.is_empty() || prefix.split('/').all(is_segment);
        (is_bucket && is_prefix).then(|| Self::S3 { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }
}

fn is_segment(segment: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !segment.is_empty() && !segment.starts_with('.') && segment.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_buckets_are_read() {
        let folder = |path: &str| Some(BlobsUrl::Folder(PathBuf::from(path)));
        let s3 = |bucket: &str, prefix: &str| {
            Some(BlobsUrl::S3 { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
        };
        assert_eq!(BlobsUrl::parse("file:data/pictures"), folder("data/pictures"));
        assert_eq!(BlobsUrl::parse("file:/srv/p"), folder("/srv/p"));
        assert_eq!(BlobsUrl::parse("file:///srv/p"), folder("/srv/p"));
        assert_eq!(BlobsUrl::parse("s3://my-bucket"), s3("my-bucket", ""));
        assert_eq!(BlobsUrl::parse("s3://my-bucket/a/b/"), s3("my-bucket", "a/b"));
        for wrong in [
            "",
            "file:",
            "file://",
            "s3://",
            "s3://ab",
            "s3://key:secret@bucket",
            "s3://Bucket",
            "s3://bucket/../x",
            "s3://bucket//x//y",
            "https://host/bucket",
            "/srv/p",
        ] {
            assert_eq!(BlobsUrl::parse(wrong), None, "{wrong}");
        }
    }
}
