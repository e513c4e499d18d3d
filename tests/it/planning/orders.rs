//! "Order of arrival between topics never matters to the end state": one person's inputs, in many orders and many batches.

use std::collections::BTreeMap;

use peyvand::claim::person::{EarlierPayment, RegistryRow};
use peyvand::claim::words::Status;
use peyvand::law::{InsuranceType as I, Rial};

use super::world::{DEED, World, another, date, job, request, row, spouse, wage, with_status};

type Input = (&'static str, Box<dyn Fn(&mut World)>);

/// Each with its key: inputs of one key keep their order.
fn inputs(story: u32) -> Vec<Input> {
    let put = |new: RegistryRow| -> Box<dyn Fn(&mut World)> {
        Box::new(move |world| {
            world.known.rows.retain(|row| row.record_id != new.record_id);
            world.known.rows.push(new.clone());
        })
    };
    let mut all: Vec<Input> = vec![
        (
            "person",
            Box::new(|world| world.known.dossier.record = World::insured().known.dossier.record),
        ),
        (
            "employment",
            Box::new(|world| {
                world
                    .known
                    .dossier
                    .employments
                    .push(job(I::Compulsory, "1394-01-01", None))
            }),
        ),
        (
            "wages",
            Box::new(|world| world.known.dossier.wages = World::insured().known.dossier.wages),
        ),
        (
            "wages",
            Box::new(|world| world.known.dossier.wages.push(wage("1404-04", I::SickPay, 3, 0))),
        ),
        ("R1", put(row("R1", DEED, spouse()))),
        (
            "Q1",
            Box::new(|world| {
                world
                    .known
                    .self_registrations
                    .push(request("Q1", 1, spouse(), DEED))
            }),
        ),
    ];
    match story {
        1 => all.push(("R1", put(row("R1", "1404-05-16", spouse())))),
        2 => all.push((
            "R1",
            put(with_status(Status::Annulled, row("R1", DEED, spouse()))),
        )),
        3 => all.push(("R2", put(row("R2", DEED, another())))),
        4 => all.push((
            "R2",
            put(with_status(Status::Divorced, row("R2", "1399-01-01", another()))),
        )),
        5 => all.push((
            "Q1",
            Box::new(|world| {
                world
                    .known
                    .self_registrations
                    .push(request("Q2", 2, spouse(), "1404-05-18"))
            }),
        )),
        6 => all.push((
            "earlier",
            Box::new(|world| {
                let payment = EarlierPayment {
                    at: 0,
                    paid_on: date("1390-01-01"),
                    source: "0101".to_owned(),
                    amount: Rial::ZERO,
                };
                world.known.dossier.earlier_payments.push(payment);
            }),
        )),
        7 => all.push(("person", Box::new(|world| world.record().sheba = None))),
        8 => all.push(("R2", put(row("R2", DEED, None)))),
        _ => {}
    }
    all
}

/// A small generator of its own, so that a failing order is told by its seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
}

type End = BTreeMap<String, (String, Option<u64>, String)>;

/// Takes the inputs in, in an order and in batches that the seed gives, and closes the month.
fn end(story: u32, seed: u64) -> End {
    let mut dice = Dice(seed);
    let mut left: Vec<Option<Input>> = inputs(story).into_iter().map(Some).collect();
    let mut world = World::empty();
    while left.iter().any(Option::is_some) {
        let place = dice.below(left.len());
        let Some((key, _)) = left[place] else { continue };
        // The first of its key that is left.
        let first = left
            .iter()
            .position(|input| input.as_ref().is_some_and(|(k, _)| *k == key))
            .unwrap();
        let (_, apply) = left[first].take().unwrap();
        apply(&mut world);
        if dice.below(3) > 0 {
            world.takes_in();
        }
    }
    world.takes_in().closes();
    let standing = world.known.claims.iter().filter(|claim| !claim.withdrawn);
    let told = |claim: &peyvand::claim::known::StoredClaim| {
        let decision = &world
            .published
            .iter()
            .rfind(|(c, _)| c.claim_id == claim.claim_id)
            .unwrap()
            .1;
        let codes: Vec<_> = decision.codes().iter().map(|code| code.word()).collect();
        let answer = format!("{} {}", decision.outcome, codes.join(" "));
        (
            answer,
            decision.amount.map(Rial::get),
            format!("{:?}", decision.working),
        )
    };
    standing
        .map(|claim| (claim.claim_id.to_string(), told(claim)))
        .collect()
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
