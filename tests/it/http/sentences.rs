//! "on a phone a person knows in ten seconds whether the allowance comes, how much, when, or exactly why not and what to
//! do"

use std::collections::BTreeSet;

use peyvand::claim::ReasonCode;
use peyvand::clock::Clock;
use peyvand::views::my::allowance::ClaimCard;
use peyvand::views::my::{MyAllowance, MyClaim, MySum};

use super::people::{Invented, everyone, own_file};
use crate::claim::facts::spouse;

fn card(name: &str) -> ClaimCard {
    let all = everyone();
    let person = all.iter().find(|person| person.name == name).unwrap();
    cards(person).remove(0)
}

fn cards(person: &Invented) -> Vec<ClaimCard> {
    let clock = Clock::new(Some(person.world.today)).unwrap();
    MyAllowance::new(&own_file(&person.world), &clock).claims
}

#[track_caller]
fn expect(name: &str, sentence: &str) -> ClaimCard {
    let card = card(name);
    assert_eq!(card.sentence, sentence);
    card
}

#[test]
fn the_sentences_are_those_of_the_examples() {
    let paid = expect(
        "paid",
        "۱۰۳٬۹۰۹٬۶۸۰ ریال (۱۰٬۳۹۰٬۹۶۸ تومان) کمک‌هزینهٔ ازدواج در ۵ آبان ۱۴۰۴ به شبای شما که به ۰۰۰۱ ختم می‌شود واریز شد.",
    );
    assert!(!paid.action.needed && paid.next.date.is_none());
    let approved = expect(
        "approved",
        "همهٔ شرط‌ها را دارید. اگر تا پایان آبان چیزی عوض نشود، سند پرداخت پس از آن به امور مالی می‌رود؛ کاری لازم نیست.",
    );
    assert_eq!(approved.next.date.as_deref(), Some("۳۰ آبان ۱۴۰۴"));
    assert_eq!(approved.amount.unwrap().rials, "۱۰۳٬۹۰۹٬۶۸۰ ریال");
    let account = expect(
        "no_account",
        "حق شما محفوظ است؛ فقط شبای حسابی به نام خودتان را نداریم. آن را ثبت کنید؛ درخواست دیگری لازم نیست.",
    );
    assert!(account.action.needed && account.amount.is_some());
    let days = expect(
        "days_short",
        "کمک‌هزینه به شما تعلق نگرفت: از ۱۵ مهر ۱۳۹۹ تا ۱۴ مهر ۱۴۰۴، ۷۱۹ روز بیمه دارید و قانون ۷۲۰ روز می‌خواهد؛ ۱ روز کم است.",
    );
    assert!(days.amount.is_none());
    let list = expect(
        "awaiting_list",
        "هنوز نمی‌توانیم پاسخ دهیم: فهرست دستمزد مهر نرسیده و کارفرما تا ۳۰ آبان فرصت دارد. کاری لازم نیست.",
    );
    assert_eq!(list.next.date.as_deref(), Some("۳۰ آبان ۱۴۰۴"));
    assert!(!list.action.needed);
    expect(
        "identity",
        "تاریخ تولد شما در ثبت احوال و پروندهٔ بیمه یکی نیست؛ کارشناس آن را می‌بیند. این پاسخ رد نیست.",
    );
    expect(
        "returned",
        "بانک واریز را برگرداند: حساب بسته است. مبلغ شما محفوظ است؛ شبای دیگری به نام خودتان ثبت کنید.",
    );
}

#[test]
fn what_finance_says_comes_before_the_decision() {
    assert!(card("sent").sentence.contains("در ۱ آبان ۱۴۰۴ به امور مالی فرستاده شد"));
    assert!(card("accepted").sentence.contains("در ۳ آبان ۱۴۰۴ پذیرفت"));
    let renewed = card("renewed");
    assert!(renewed.sentence.contains("حساب تازهٔ شما را داریم") && !renewed.action.needed);
    let duplicate = card("returned_as_duplicate");
    assert!(duplicate.sentence.contains("کارشناس") && !duplicate.action.needed);
}

/// Each reason is the one of highest precedence of somebody, so that each sentence is seen.
#[test]
fn everyone_knows_why_and_every_reason_is_somebodys() {
    let mut seen = BTreeSet::new();
    for person in everyone() {
        let file = own_file(&person.world);
        for (claim, card) in file.claims.iter().zip(cards(&person)) {
            seen.extend(claim.claim.reasons.first().copied());
            let whole = format!("{} {} {}", card.sentence, card.next.text, card.action.text);
            assert!(!whole.contains(['—', '{', '}']), "{}: {whole}", person.name);
            assert!(!whole.chars().any(|c| c.is_ascii_digit()), "{}: {whole}", person.name);
            let spouse = peyvand::ident::text::persian_digits(&spouse().to_string());
            assert!(!whole.contains(&spouse) && !whole.contains("رضایی"), "{}: {whole}", person.name);
        }
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ReasonCode::all().collect::<Vec<_>>());
}

/// "at most one thing to do": account and mobile are one.
#[test]
fn account_and_mobile_are_one_thing_to_do() {
    let neither = card("neither");
    assert!(neither.sentence.contains("هر دو را ثبت کنید") && neither.further_reasons.is_empty());
    let many = card("many_reasons");
    assert_eq!(many.further_reasons.len(), 2);
    let whole = many.further_reasons.join(" ");
    assert!(!whole.contains("محفوظ"), "a refused claim is not due: {whole}");
}

#[test]
fn the_way_and_the_conditions_of_a_paid_claim() {
    let all = everyone();
    let person = all.iter().find(|person| person.name == "paid").unwrap();
    let file = own_file(&person.world);
    let clock = Clock::new(Some(person.world.today)).unwrap();
    let claim = MyClaim::new(&file, file.claims[0].claim.claim_id, &clock).unwrap();
    let events: Vec<_> = claim.timeline.iter().map(|event| event.event).collect();
    assert_eq!(
        events,
        [
            "deed",
            "known_from_registry",
            "decided",
            "document",
            "handed_over",
            "sms_requested",
            "sms_delivered",
            "paid"
        ]
    );
    assert_eq!((claim.met, claim.conditions.len()), (17, 17));
    let stranger = uuid::Uuid::nil();
    assert!(MyClaim::new(&file, stranger, &clock).is_none() && MySum::new(&file, stranger).is_none());
}

/// "the distance (719 of 720 days), until when it can still change"
#[test]
fn the_distance_and_the_deadline_are_said() {
    let all = everyone();
    let of = |name: &str| {
        let person = all.iter().find(|person| person.name == name).unwrap();
        let file = own_file(&person.world);
        let clock = Clock::new(Some(person.world.today)).unwrap();
        MyClaim::new(&file, file.claims[0].claim.claim_id, &clock).unwrap().conditions
    };
    let days = of("days_short").remove(0);
    assert_eq!(
        (days.title.as_str(), days.distance.unwrap().text.as_str()),
        ("روزهای بیمه در پنج سال پیش از عقد", "۷۱۹ از ۷۲۰ روز")
    );
    assert!(days.open_until.is_none() && days.remedy.is_some());
    let employment = of("awaiting_list").remove(0);
    assert_eq!(employment.open_until.as_deref(), Some("۳۰ آبان ۱۴۰۴"));
}

/// The sum by hand: each step follows from the one before, and the decision verifies.
#[test]
fn the_sum_adds_up() {
    let all = everyone();
    let person = all.iter().find(|person| person.name == "approved").unwrap();
    let file = own_file(&person.world);
    let sum = MySum::new(&file, file.claims[0].claim.claim_id).unwrap();
    assert!(sum.verified && sum.payable);
    assert_eq!(sum.average.rial, sum.wage_sum.rial / 24);
    assert_eq!(sum.floor.rial, sum.daily_wage.rial * 30);
    assert_eq!(sum.result.rial, sum.average.rial.max(sum.floor.rial));
    assert_eq!(sum.months.len(), 48);
    assert_eq!(sum.months.iter().filter(|month| month.wage.is_some()).count(), 24);
    let refused = all.iter().find(|person| person.name == "temporary").unwrap();
    let file = own_file(&refused.world);
    assert!(!MySum::new(&file, file.claims[0].claim.claim_id).unwrap().payable);
}
