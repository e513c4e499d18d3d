//! The `peyvand` binary; everything is in the library.

fn main() -> std::process::ExitCode {
    peyvand::cli::main()
}
