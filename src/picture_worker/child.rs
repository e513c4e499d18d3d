//! The child: limits, then one picture from standard input to standard output.

use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::answer;
use crate::pictures::{Limits, clean};

/// Address space. The largest picture (40 megapixels, 16 bits in four channels, or progressive in three) needs about
/// 700 MiB with the program itself.
pub const MAX_ADDRESS_SPACE: u64 = 1 << 30;
/// Seconds of the processor. The largest picture takes about five.
const MAX_CPU_SECONDS: u64 = 20;

/// Reads a file from standard input, and writes the answer.
pub fn run() -> ExitCode {
    match limit().and_then(|()| exchange()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn limit() -> io::Result<()> {
    let wanted = [
        (Resource::As, MAX_ADDRESS_SPACE),
        (Resource::Cpu, MAX_CPU_SECONDS),
        // No file can be opened or written, and no memory image of a picture is left behind.
        (Resource::Nofile, 3),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
    ];
    for (resource, most) in wanted {
        // A limit can only be lowered.
        let most = getrlimit(resource).maximum.map_or(most, |present| present.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}

fn exchange() -> io::Result<()> {
    let limits = Limits::default();
    let most = u64::try_from(limits.bytes).unwrap_or(u64::MAX).saturating_add(1);
    let mut received = Vec::new();
    io::stdin().lock().take(most).read_to_end(&mut received)?;
    let answer = answer::write(clean(&received, &limits));
    let mut output = io::stdout().lock();
    output.write_all(&answer)?;
    output.flush()
}
