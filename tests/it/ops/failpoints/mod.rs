//! Every I/O operation has two failpoints (`failpoint!`), before and after it. A process is killed once at each of
//! them, and the restarted processes reach the end state of an undisturbed run.

#[cfg(feature = "failpoints")]
mod deaths;
#[cfg(feature = "failpoints")]
mod month;
#[cfg(feature = "failpoints")]
mod pictures;
mod places;
mod sites;

use std::collections::BTreeSet;

use places::SCENES;

#[test]
fn every_boundary_has_its_failpoints() {
    let bare = sites::bare_calls();
    assert!(bare.is_empty(), "wrap in `failpoint!(\"name\", …)`:\n{}", bare.join("\n"));
}

#[test]
fn every_boundary_has_one_name_and_a_test_that_crashes_there() {
    let names = sites::names();
    assert!(names.len() > 50, "only {} failpoints were found", names.len());
    let once: BTreeSet<_> = names.iter().map(String::as_str).collect();
    assert_eq!(once.len(), names.len(), "two failpoints share a name: {names:?}");
    let played: BTreeSet<_> = SCENES.iter().flat_map(|scene| scene.iter()).map(|(name, _)| *name).collect();
    assert_eq!(once, played, "failpoints of the source, and failpoints in the scenes");
}

/// A module that is renamed must not leave the check.
#[test]
fn every_module_and_file_of_the_check_exists() {
    let missing = sites::missing();
    assert!(missing.is_empty(), "not in src: {missing:?}");
}

#[test]
fn a_bare_call_is_found() {
    let found = |module, code| sites::bare_in(module, code).len();
    assert_eq!(found("app", "let tx = failpoint!(\"a\", pool.begin().await)?; tx.commit().await?;"), 1);
    assert_eq!(found("app", "failpoint!(\"b\", tx.commit().await)?;"), 0);
    assert_eq!(found("store", "query.execute(pool).await?"), 1);
    assert_eq!(found("kafka", "consumer\n    .poll(TICK)"), 1);
    assert_eq!(found("kafka", "match failpoint!(\"c\", consumer.poll(f(1))) {}"), 0);
    assert_eq!(found("kafka", "sender.commit()"), 0);
    assert_eq!(found("blobs", "store.put_opts(&path, payload)"), 1);
    assert_eq!(found("cli", "File::create(&path)"), 1);
    assert_eq!(found("service", "File::create(&path)"), 1);
}

/// Release builds do not contain failpoints.
#[test]
fn a_release_has_no_failpoints() {
    let manifest: toml::Table = include_str!("../../../../Cargo.toml").parse().unwrap();
    assert_eq!(manifest["features"].as_table().unwrap().keys().collect::<Vec<_>>(), ["failpoints"]);
    assert_eq!(manifest["dependencies"]["fail"]["optional"].as_bool(), Some(true));
    for recipe in [include_str!("../../../../Makefile"), include_str!("../../../../deploy/Dockerfile")] {
        let release: Vec<_> = recipe.lines().filter(|line| line.contains("--release")).collect();
        assert!(!release.is_empty() && release.iter().all(|line| !line.contains("feature")), "{release:?}");
    }
}
