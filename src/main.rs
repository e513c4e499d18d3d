//! The `peyvand` binary; everything is in the library.

/// Peyvand and librdkafka run many threads. The allocator of the C library would retain the memory that each thread
/// once used.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    peyvand::cli::main()
}
