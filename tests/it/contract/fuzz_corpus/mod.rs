//! Replays the corpus of the fuzz targets. The properties hold for every kept input; no nightly toolchain is needed.

#[path = "../../../../fuzz/src/properties.rs"]
mod properties;
mod seeds;

use std::fs;
use std::path::PathBuf;

type Target = fn(&[u8]) -> bool;

const TARGETS: [(&str, Target); 3] =
    [("messages", properties::messages), ("files", properties::files), ("stored", properties::stored)];

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

#[test]
fn every_kept_input_holds() {
    for (target, property) in TARGETS {
        let mut kept: Vec<_> =
            fs::read_dir(corpus().join(target)).unwrap().map(|entry| entry.unwrap().path()).collect();
        kept.sort();
        assert!(kept.len() >= 4, "{target}: only {} inputs", kept.len());
        for path in kept {
            eprintln!("{}", path.display());
            property(&fs::read(&path).unwrap());
        }
    }
}

/// Seeds come from the examples of the contract, from the sample and from stored values. `FUZZ_SEEDS=write` rewrites
/// them.
#[test]
fn seeds_are_read_or_refused_as_their_names_say() {
    for seed in seeds::all() {
        let (_, property) = TARGETS.iter().find(|(target, _)| *target == seed.target).unwrap();
        assert_eq!(property(&seed.bytes), seed.is_read, "{}/{}", seed.target, seed.name);
        let path = corpus().join(seed.target).join(&seed.name);
        if std::env::var_os("FUZZ_SEEDS").is_some_and(|value| value == "write") {
            fs::write(&path, &seed.bytes).unwrap();
        }
        let kept = fs::read(&path).unwrap_or_default();
        assert!(kept == seed.bytes, "{} differs from the seed; FUZZ_SEEDS=write rewrites it", path.display());
    }
}
