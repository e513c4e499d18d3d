//! Accounts and mobile numbers of insured records: valid ones in several notations, and ones that make a claim wait.

use super::dice::SeededRandom;
use crate::ident::Sheba;
use crate::ident::text::persian_digits;

/// A field, and whether it belongs to the person (`yes`, `no`, `unknown` or empty).
pub struct Contact {
    pub text: String,
    pub owner: &'static str,
}

#[derive(Clone, Copy)]
enum ContactScenario {
    Good,
    OtherWriting,
    Missing,
    Malformed,
    RetiredBank,
    NotOwned,
    Unknown,
}

const BANKS: [&str; 24] = [
    "010", "011", "012", "012", "013", "014", "015", "016", "017", "017", "018", "018", "019", "020", "021",
    "022", "053", "054", "055", "056", "057", "060", "062", "069",
];
/// Banks that were merged into bank 015.
const RETIRED: [&str; 5] = ["052", "063", "065", "073", "079"];

pub fn account(dice: &mut SeededRandom) -> Contact {
    let case = dice.weighted(
        &[
            (70, ContactScenario::Missing),
            (8, ContactScenario::Malformed),
            (10, ContactScenario::RetiredBank),
            (10, ContactScenario::NotOwned),
            (8, ContactScenario::Unknown),
            (20, ContactScenario::OtherWriting),
        ],
        ContactScenario::Good,
    );
    let bank = dice.word(if matches!(case, ContactScenario::RetiredBank) { &RETIRED } else { &BANKS });
    let good = sheba(bank, dice);
    let text = match case {
        ContactScenario::Missing => String::new(),
        ContactScenario::Malformed => malformed_sheba(&good, dice),
        ContactScenario::OtherWriting => in_groups(&good, if dice.per_mille(500) { ' ' } else { '-' }),
        _ => good,
    };
    Contact { text, owner: owner(case) }
}

pub fn mobile(dice: &mut SeededRandom) -> Contact {
    let case = dice.weighted(
        &[
            (50, ContactScenario::Missing),
            (8, ContactScenario::Malformed),
            (10, ContactScenario::NotOwned),
            (8, ContactScenario::Unknown),
            (40, ContactScenario::OtherWriting),
        ],
        ContactScenario::Good,
    );
    let mut good = String::from("09");
    dice.digits(9, &mut good);
    let text = match case {
        ContactScenario::Missing => String::new(),
        ContactScenario::Malformed => good.chars().take(10).collect(),
        ContactScenario::OtherWriting => match dice.below(4) {
            0 => persian_digits(&good),
            1 => good.replacen('0', "+98", 1),
            2 => good.replacen('0', "0098", 1),
            _ => good.replacen('0', "", 1),
        },
        _ => good,
    };
    Contact { text, owner: owner(case) }
}

fn owner(case: ContactScenario) -> &'static str {
    match case {
        ContactScenario::Missing => "",
        ContactScenario::NotOwned => "no",
        ContactScenario::Unknown => "unknown",
        _ => "yes",
    }
}

fn sheba(bank: &str, dice: &mut SeededRandom) -> String {
    let mut account = String::from("0");
    dice.digits(18, &mut account);
    Sheba::with_check_digits(bank, &account).map(|sheba| sheba.as_str().to_owned()).unwrap_or_default()
}

/// Changes or removes the last digit.
fn malformed_sheba(good: &str, dice: &mut SeededRandom) -> String {
    let mut text = good.to_owned();
    match text.pop() {
        Some(last) if dice.per_mille(600) => text.push(if last == '0' { '1' } else { '0' }),
        _ => {}
    }
    text
}

fn in_groups(sheba: &str, between: char) -> String {
    let mut out = String::with_capacity(sheba.len() + 8);
    for (index, character) in sheba.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            out.push(between);
        }
        out.push(character.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ident::Mobile;

    #[test]
    fn most_contacts_are_valid_and_every_kind_of_defect_occurs() {
        let mut dice = SeededRandom::new(5, 5);
        let accounts: Vec<Contact> = (0..3000).map(|_| account(&mut dice)).collect();
        let good = accounts.iter().filter(|c| c.owner == "yes" && c.text.parse::<Sheba>().is_ok()).count();
        let bad = accounts.iter().filter(|c| !c.text.is_empty() && c.text.parse::<Sheba>().is_err()).count();
        assert!((2500..2800).contains(&good) && bad > 5, "{good} {bad}");
        let mobiles: Vec<Contact> = (0..3000).map(|_| mobile(&mut dice)).collect();
        let good = mobiles.iter().filter(|c| c.owner == "yes" && c.text.parse::<Mobile>().is_ok()).count();
        let bad = mobiles.iter().filter(|c| !c.text.is_empty() && c.text.parse::<Mobile>().is_err()).count();
        assert!((2600..2900).contains(&good) && bad > 5, "{good} {bad}");
        for owner in ["", "no", "unknown"] {
            assert!(accounts.iter().any(|c| c.owner == owner) && mobiles.iter().any(|c| c.owner == owner));
        }
    }
}
