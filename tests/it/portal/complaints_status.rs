//! What people complained of on pages of other services, each as a test: the status of a claim, and registration.

use peyvand::claim::Outcome;
use peyvand::clock::Clock;
use peyvand::http::pages;
use peyvand::ident::text::persian_digits;
use peyvand::law::SolarDate;
use peyvand::views::my::register::{RegisterForm, RegisterInput};
use peyvand::views::my::{MyAllowance, MyClaim, MyLetter, MySum};

use crate::claim::facts::{date, me, spouse};
use crate::http::people::{Invented, everyone, own_file};

fn visitor() -> pages::Visitor {
    pages::Visitor { csrf: "token".to_owned(), has_own_file: true }
}

/// The pages about the claim of a person, with the view of each reason.
struct Shown {
    my: String,
    claim: String,
    letter: MyLetter,
}

fn shown(person: &Invented) -> Shown {
    let (file, clock) = (own_file(&person.world), Clock::new(Some(person.world.today)).unwrap());
    let id = file.claims[0].claim.claim_id;
    let claim = MyClaim::new(&file, id, &clock).unwrap();
    Shown {
        my: pages::my(&visitor(), &MyAllowance::new(&file, &clock)).unwrap(),
        claim: pages::claim(&visitor(), &claim).unwrap(),
        letter: MyLetter::new(&file, id, me(), &clock).unwrap(),
    }
}

/// Whoever is not paid reads why on the first page, and every reason with its article and its remedy in the letter.
#[test]
fn a_status_decided_without_its_reasons() {
    let mut reasons = 0;
    for person in everyone() {
        let file = own_file(&person.world);
        let claim = &file.claims[0].claim;
        let Shown { my, claim: page, letter } = shown(&person);
        assert!(my.contains("class=\"answer\""), "{}", person.name);
        // Account and mobile are asked of nobody to whom nothing is due.
        let is_refused = claim.outcome == Outcome::Refused;
        let said = claim.reasons.iter().filter(|code| !(is_refused && code.outcome() == Outcome::Waiting));
        assert_eq!(letter.reasons.len(), said.count(), "{}: a reason is not said", person.name);
        for reason in &letter.reasons {
            reasons += 1;
            let whole = [&reason.text, &reason.article, &reason.remedy].map(|part| part.chars().count());
            assert!(whole.iter().all(|length| *length > 5), "{}: {reason:?}", person.name);
        }
        if claim.outcome == Outcome::Approved || claim.withdrawn {
            continue;
        }
        let open = page.matches("class=\"cond unmet\"").count() + page.matches("class=\"cond open\"").count();
        assert!(open > 0, "{}: no condition says what is missing", person.name);
    }
    assert!(reasons >= 30, "only {reasons} reasons");
}

/// Each number of the sum stands on its page, and the amount of the answer is its result.
#[test]
fn numbers_that_the_decision_used_and_the_page_lacks() {
    let mut sums = 0;
    for person in everyone() {
        let (file, clock) = (own_file(&person.world), Clock::new(Some(person.world.today)).unwrap());
        let Some(sum) = MySum::new(&file, file.claims[0].claim.claim_id) else { continue };
        let page = pages::sum(&visitor(), &sum).unwrap();
        let amounts = [&sum.wage_sum, &sum.average, &sum.daily_wage, &sum.floor, &sum.result];
        let mut numbers: Vec<_> = amounts.iter().map(|amount| amount.rials.clone()).collect();
        let days = &sum.days;
        numbers.extend([&days.from, &days.to, &days.counted, &days.required, &sum.divisor].map(Clone::clone));
        numbers.extend(sum.months.iter().flat_map(|month| [month.month.clone(), month.counted_days.clone()]));
        numbers.extend(sum.months.iter().filter_map(|month| month.counted_wage.clone()));
        for number in numbers {
            assert!(page.contains(&number), "{}: the page lacks {number}", person.name);
        }
        let card = MyAllowance::new(&file, &clock).claims.remove(0);
        if let Some(amount) = card.amount.filter(|_| sum.payable) {
            assert_eq!(amount.rials, sum.result.rials, "{}", person.name);
        }
        sums += 1;
    }
    assert!(sums > 20, "only {sums} sums");
    let all = everyone();
    let short = shown(all.iter().find(|person| person.name == "days_short").unwrap());
    for number in ["۷۱۹", "۷۲۰", "۱ روز کم است"] {
        assert!(short.my.contains(number), "the first page lacks {number}");
    }
}

fn typed(year: &str, month: &str, day: &str) -> RegisterInput {
    RegisterInput {
        day: day.to_owned(),
        month: month.to_owned(),
        year: year.to_owned(),
        spouse: spouse().to_string(),
        undertaking: true,
    }
}

/// The date that is registered, or the message.
fn registered(input: &RegisterInput, today: &str) -> Result<SolarDate, String> {
    let found = input.check(me(), date(today));
    found.map(|found| found.deed_date).map_err(|errors| errors[0].text.clone())
}

/// Ordibehesht has 31 days. Esfand has 30 in a leap year only: 1403 is one, 1404 is not.
#[test]
fn the_31st_of_ordibehesht_refused_and_the_30th_of_esfand_1404_accepted() {
    let today = "1405-02-01";
    assert_eq!(registered(&typed("1404", "2", "31"), today), Ok(date("1404-02-31")));
    assert_eq!(registered(&typed("1403", "12", "30"), today), Ok(date("1403-12-30")));
    assert_eq!(registered(&typed("1404", "12", "29"), today), Ok(date("1404-12-29")));
    let refused = registered(&typed("1404", "12", "30"), today).unwrap_err();
    assert!(refused.contains("اسفند ۱۴۰۴ روز ۳۰ ندارد"), "{refused}");
    let refused = registered(&typed("1404", "7", "31"), today).unwrap_err();
    assert!(refused.contains("مهر ۱۴۰۴ روز ۳۱ ندارد"), "{refused}");
}

/// Digits of a Persian and of an Arabic keyboard, spaces and hyphens are what people type.
#[test]
fn persian_digits_refused() {
    let code = spouse().to_string();
    let arabic: String =
        code.chars().map(|digit| char::from_u32(0x0660 + digit.to_digit(10).unwrap()).unwrap()).collect();
    let grouped = format!("{}-{}-{}", &code[..3], &code[3..9], &code[9..]);
    let latin = typed("1404", "7", "5").check(me(), date("1404-08-20")).unwrap_or_else(|_| panic!("refused"));
    for written in [persian_digits(&code), arabic, grouped, format!(" {} ", persian_digits(&code))] {
        let input = RegisterInput { spouse: written.clone(), ..typed("۱۴۰۴", "٧", "۵") };
        let found =
            input.check(me(), date("1404-08-20")).unwrap_or_else(|errors| panic!("{written}: {errors:?}"));
        assert_eq!((found.spouse, found.deed_date), (latin.spouse, latin.deed_date), "{written}");
    }
}

/// What the form offers is what the check accepts, and the hint and the message name the same ten digits.
#[test]
fn hint_check_and_message_with_three_limits() {
    let today = date("1404-12-29");
    let form = RegisterForm::new(RegisterInput::default(), Vec::new(), &[], today);
    for year in &form.years {
        for month in &form.months {
            let input = typed(&year.value, &month.value, "1");
            assert!(input.check(me(), today).is_ok(), "{} {} is offered and refused", month.text, year.text);
        }
    }
    assert_eq!((form.days.len(), form.months.len()), (31, 12));
    let wrong = RegisterInput { spouse: "1234567890".to_owned(), ..typed("1404", "7", "15") };
    let errors = wrong.check(me(), today).err().unwrap();
    let page = pages::register(&visitor(), &RegisterForm::new(wrong, errors.clone(), &[], today)).unwrap();
    assert!(errors[0].text.contains("ده رقم"), "{errors:?}");
    assert!(page.contains("id=\"spouse-hint\">ده رقم"), "{page}");
}
