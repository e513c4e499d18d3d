//! The store of pictures on an S3 server that this project did not write.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use peyvand::blobs::Blobs;
use uuid::Uuid;

use super::blobs::{promises_hold, settings};
use crate::contract::outside_clients::{python, script_path};

const BUCKET: &str = "pictures";

/// A server, which ends with this value.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start() -> Self {
        let mut process = Command::new(python())
            .arg(script_path("s3.py"))
            .arg(BUCKET)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut address).unwrap();
        assert!(address.starts_with("http://"), "the S3 server did not start: run `tests/outside/setup`");
        Self { process, address: address.trim().to_owned() }
    }

    fn store(&self, bucket: &str, prefix: &str) -> Blobs {
        let url = format!("s3://{bucket}/{prefix}");
        let values = [
            ("blobs_url", url.as_str()),
            ("blobs_endpoint", &self.address),
            ("blobs_access_key_id", "id"),
            ("blobs_secret_access_key", "key"),
        ];
        Blobs::open(&settings(&values)).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_s3_server_keeps_the_promises() {
    let server = Server::start();
    promises_hold(&server.store(BUCKET, "installation/one")).await;
    promises_hold(&server.store(BUCKET, "")).await;
    let (one, other) = (server.store(BUCKET, "one"), server.store(BUCKET, "other"));
    let id = Uuid::from_u128(5);
    one.put(id, b"of one").await.unwrap();
    assert_eq!(other.get(id).await.unwrap(), None, "prefixes are separate");
    assert_eq!(one.get(id).await.unwrap().unwrap(), b"of one");
    assert!(server.store("missing-bucket", "one").put(id, b"x").await.is_err(), "a failed put is an error");
}
