//! From the settings to the store.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ClientOptions, RetryConfig};

use super::{Blobs, Error, Result};
use crate::config::{BlobsUrl, Settings};
use crate::failpoint::failpoint;
use crate::tls;

/// Pictures are personal data: only the account of the service may read them.
const OWNER_ONLY: u32 = 0o700;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for one request, with a picture of the maximum size.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// A person waits for the answer.
const RETRY_TIMEOUT: Duration = Duration::from_secs(20);
const MAX_RETRIES: usize = 4;

pub(super) fn open(settings: &Settings) -> Result<Blobs> {
    match &settings.blobs_url {
        BlobsUrl::Folder(folder) => open_folder(folder.clone()),
        BlobsUrl::S3 { bucket, prefix } => open_bucket(settings, bucket, prefix),
    }
}

fn open_folder(folder: PathBuf) -> Result<Blobs> {
    let shown = folder.display().to_string();
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(OWNER_ONLY);
    failpoint!("blobs.folder", builder.create(&folder))
        .map_err(|source| Error::Folder { folder: shown, source })?;
    let store = LocalFileSystem::new_with_prefix(&folder)
        .map_err(|source| Error::Store { task: "open", source })?
        .with_fsync(true);
    Ok(Blobs { store: Arc::new(store), prefix: Path::default(), folder: Some(folder) })
}

fn open_bucket(settings: &Settings, bucket: &str, prefix: &str) -> Result<Blobs> {
    tls::install();
    let (Some(key), Some(secret)) = (&settings.blobs_access_key_id, &settings.blobs_secret_access_key) else {
        let wanted = "s3:// needs blobs_access_key_id and blobs_secret_access_key";
        return Err(Error::Settings(wanted.to_owned()));
    };
    let client = ClientOptions::new().with_timeout(REQUEST_TIMEOUT).with_connect_timeout(CONNECT_TIMEOUT);
    let retry =
        RetryConfig { max_retries: MAX_RETRIES, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(&settings.blobs_region)
        .with_access_key_id(key.expose())
        .with_secret_access_key(secret.expose())
        .with_retry(retry);
    let mut is_plain = false;
    if let Some(endpoint) = &settings.blobs_endpoint {
        is_plain = endpoint.starts_with("http://");
        builder = builder.with_endpoint(endpoint);
    }
    let store = builder
        // `with_client_options` replaces the options, so it comes before `with_allow_http`.
        .with_client_options(client)
        .with_allow_http(is_plain)
        .build()
        .map_err(|source| Error::Store { task: "open", source })?;
    let prefix = Path::parse(prefix).map_err(|error| Error::Settings(error.to_string()))?;
    Ok(Blobs { store: Arc::new(store), prefix, folder: None })
}
