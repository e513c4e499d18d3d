//! Pictures of objections: what is refused, what is stored, and where. They need no broker and no database;
//! `s3` needs the Python of `tests/outside/setup`.

pub mod blobs;
pub mod files;
mod hostile;
mod hostile_files;
mod s3;
mod stored;
mod worker;

use peyvand::picture_worker::{PictureWorker, WorkerOptions};

/// A worker with the real program.
pub fn worker() -> PictureWorker {
    PictureWorker::new(options())
}

pub fn options() -> WorkerOptions {
    WorkerOptions { program: env!("CARGO_BIN_EXE_peyvand").into(), ..WorkerOptions::default() }
}
