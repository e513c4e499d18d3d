//! The `peyvand` binary; everything is in the library.

/// Many threads of our own and of librdkafka: the C library's allocator would keep what each of them once used.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    peyvand::cli::main()
}
