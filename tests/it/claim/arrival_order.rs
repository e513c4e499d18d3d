//! "Order of arrival between topics never matters to the end state": one person's inputs, in many orders and many
//! batches.

use std::collections::BTreeMap;

use peyvand::claim::codes::Status;
use peyvand::claim::person::{EarlierPayment, RegistryRow};
use peyvand::law::{InsuranceType as I, Rial};

use crate::claim::person_over_days::{
    DEED, World, another, date, job, request, row, spouse, wage, with_status,
};

/// An input: its key, and how it changes the person state. Inputs with the same key keep their order.
type Input = (&'static str, Box<dyn Fn(&mut World)>);

fn input(key: &'static str, apply: impl Fn(&mut World) + 'static) -> Input {
    (key, Box::new(apply))
}

/// A version of a registry row.
fn version(key: &'static str, new: RegistryRow) -> Input {
    input(key, move |world| {
        world.known.rows.retain(|row| row.record_id != new.record_id);
        world.known.rows.push(new.clone());
    })
}

fn own_word(request_id: &'static str, at: i64, deed_date: &'static str) -> Input {
    input("Q", move |world| {
        world.known.self_registrations.push(request(request_id, at, spouse(), deed_date));
    })
}

/// The inputs that every story starts with.
fn common() -> Vec<Input> {
    vec![
        input("person", |world| {
            world.known.dossier.record = World::insured().known.dossier.record;
        }),
        input("employment", |world| {
            world.known.dossier.employments.push(job(I::Compulsory, "1394-01-01", None));
        }),
        input("wages", |world| {
            world.known.dossier.wages = World::insured().known.dossier.wages;
        }),
        input("wages", |world| {
            world.known.dossier.wages.push(wage("1404-04", I::SickPay, 3, 0));
        }),
        version("R1", row("R1", DEED, spouse())),
        own_word("Q1", 1, DEED),
    ]
}

/// The one input by which a story differs from the others.
fn turn(story: u32) -> Option<Input> {
    Some(match story {
        1 => version("R1", row("R1", "1404-05-16", spouse())),
        2 => version("R1", with_status(Status::Annulled, row("R1", DEED, spouse()))),
        3 => version("R2", row("R2", DEED, another())),
        4 => version("R2", with_status(Status::Divorced, row("R2", "1399-01-01", another()))),
        5 => own_word("Q2", 2, "1404-05-18"),
        6 => input("earlier", |world| {
            let (paid_on, source) = (date("1390-01-01"), "0101".to_owned());
            let payment = EarlierPayment { source_offset: 0, paid_on, source, amount: Rial::ZERO };
            world.known.dossier.earlier_payments.push(payment);
        }),
        7 => input("person", |world| world.record().sheba = None),
        8 => version("R2", row("R2", DEED, None)),
        _ => return None,
    })
}

fn inputs(story: u32) -> Vec<Input> {
    common().into_iter().chain(turn(story)).collect()
}

/// A small generator, so that a seed reproduces a failing order.
struct SeededRandom(u64);

impl SeededRandom {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
}

type End = BTreeMap<String, (String, Option<u64>, String)>;

/// Ingests the inputs in the order and the batches that the seed determines, then closes the month.
fn end(story: u32, seed: u64) -> End {
    let mut dice = SeededRandom(seed);
    let mut left: Vec<Option<Input>> = inputs(story).into_iter().map(Some).collect();
    let mut world = World::empty();
    while left.iter().any(Option::is_some) {
        let place = dice.below(left.len());
        let Some((key, _)) = left[place] else { continue };
        // The first remaining input with this key.
        let first = left.iter().position(|input| input.as_ref().is_some_and(|(k, _)| *k == key)).unwrap();
        let (_, apply) = left[first].take().unwrap();
        apply(&mut world);
        if dice.below(3) > 0 {
            world.ingest();
        }
    }
    world.ingest().closes();
    let standing = world.known.claims.iter().filter(|claim| !claim.withdrawn);
    let decided = |claim: &peyvand::claim::person_state::StoredClaim| {
        let decision = &world.published.iter().rfind(|(c, _)| c.claim_id == claim.claim_id).unwrap().1;
        let codes: Vec<_> = decision.codes().iter().map(|code| code.as_str()).collect();
        let answer = format!("{} {}", decision.outcome, codes.join(" "));
        (answer, decision.amount.map(Rial::get), format!("{:?}", decision.working))
    };
    standing.map(|claim| (claim.claim_id.to_string(), decided(claim))).collect()
}

#[test]
fn any_order_and_any_batches_end_alike() {
    for story in 0..=8 {
        let first = end(story, 0);
        assert!(!first.is_empty());
        for seed in 1..60 {
            assert_eq!(end(story, seed), first, "story {story}, seed {seed}");
        }
    }
}
