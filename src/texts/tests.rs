use super::*;
use crate::claim::{Benefit, ReasonCode};
use crate::law::InsuranceType;

fn placeholders(template: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = template;
    while let Some((_, name, after)) = next_placeholder(rest) {
        found.push(name);
        rest = after;
    }
    found
}

#[test]
fn every_reason_has_both_languages_and_no_other_reason_exists() {
    let texts = Texts::built_in();
    let mut expected: Vec<&str> = ReasonCode::all().map(ReasonCode::as_str).collect();
    expected.sort_unstable();
    assert_eq!(texts.reason.keys().map(String::as_str).collect::<Vec<_>>(), expected);
    for (code, reason) in &texts.reason {
        assert!(!reason.article.is_empty(), "{code}");
        for text in [&reason.text, &reason.remedy] {
            assert!(text.fa.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c)), "{code}: fa");
            assert!(text.en.is_ascii() && text.en.len() > 10, "{code}: en");
            assert!(
                text.fa.chars().count() < 160 && text.en.len() < 160,
                "{code}: too long for one line of a screen"
            );
            let latin_digit = text.fa.chars().any(|c| c.is_ascii_digit());
            let arabic_letter = text.fa.chars().any(|c| matches!(c, 'ي' | 'ك' | 'ى' | 'ة' | 'ۀ'));
            assert!(!latin_digit && !arabic_letter, "{code}: fa");
        }
    }
}

#[test]
fn texts_use_exactly_the_declared_placeholders() {
    for (code, reason) in &Texts::built_in().reason {
        let all = [&reason.text.fa, &reason.text.en, &reason.remedy.fa, &reason.remedy.en];
        let used: Vec<&str> = all.iter().flat_map(|text| placeholders(text)).collect();
        for name in &used {
            assert!(reason.values.iter().any(|v| v == name), "{code} uses {name}");
        }
        for name in &reason.values {
            assert!(used.contains(&name.as_str()), "{code} declares {name} but does not use it");
        }
        for pair in [&reason.text, &reason.remedy] {
            let mut fa = placeholders(&pair.fa);
            let mut en = placeholders(&pair.en);
            fa.sort_unstable();
            en.sort_unstable();
            assert_eq!(fa, en, "{code}: both languages use the same placeholders");
        }
    }
}

#[test]
fn every_insurance_type_has_a_name() {
    let texts = Texts::built_in();
    for kind in InsuranceType::ALL {
        for lang in [Lang::Fa, Lang::En] {
            assert!(texts.insurance(kind.as_str(), lang).is_some(), "{}", kind.as_str());
        }
    }
    assert_eq!(texts.insurance.len(), InsuranceType::ALL.len());
}

#[test]
fn values_are_localised() {
    let texts = Texts::built_in();
    let values = [
        ("date", "1404-07-05".to_owned()),
        ("months", "1404-07, 1404-08".to_owned()),
        ("types", "sick_pay, driver".to_owned()),
        ("days", "719".to_owned()),
    ];
    let template = "{date} | {months} | {types} | {days} | {none}";
    assert_eq!(
        texts.render(template, &values, Lang::Fa),
        "۵ مهر ۱۴۰۴ | مهر ۱۴۰۴، آبان ۱۴۰۴ | غرامت بیماری، رانندگان | ۷۱۹ | —"
    );
    assert_eq!(
        texts.render(template, &values, Lang::En),
        "5 Mehr 1404 | Mehr 1404, Aban 1404 | sick pay, drivers | 719 | —"
    );
    let tricky = [("name", "{days}".to_owned()), ("days", "1".to_owned())];
    assert_eq!(texts.render("{name}{", &tricky, Lang::En), "{days}{");
}

#[test]
fn amounts_are_grouped() {
    for (rials, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (103_909_680, "103,909,680")] {
        assert_eq!(grouped(Rial::new(rials).unwrap(), Lang::En), text);
    }
    assert_eq!(grouped(Rial::new(103_909_680).unwrap(), Lang::Fa), "۱۰۳٬۹۰۹٬۶۸۰");
}

#[test]
fn an_sms_of_a_normal_name_takes_two_parts() {
    let texts = Texts::built_in();
    let amount = Rial::new(126_599_489).unwrap();
    for name in ["علی کریمی", "فاطمه‌زهرا حسینی", "محمدحسین ابراهیمی"]
    {
        for month in 1..=12 {
            let text = texts.sms_registration(
                Benefit::MarriageAllowance,
                name,
                amount,
                SolarMonth::new(1404, month).unwrap(),
            );
            assert!(text.contains(name) && text.contains("۱۲۶٬۵۹۹٬۴۸۹ ریال"));
            assert!(segments(&text) <= 2, "{} units: {text}", text.encode_utf16().count());
        }
        let text = texts.sms_returned(Benefit::MarriageAllowance, name, amount);
        assert!(text.contains(name) && text.contains("۱۲۶٬۵۹۹٬۴۸۹ ریال"));
        assert!(segments(&text) <= 2, "{} units: {text}", text.encode_utf16().count());
        assert!(!text.contains(['{', '}', '—']));
    }
    let text = texts.sms_registration(
        Benefit::MarriageAllowance,
        "علی کریمی",
        amount,
        SolarMonth::new(1404, 8).unwrap(),
    );
    assert_eq!(
        text,
        "علی کریمی گرامی، ۱۲۶٬۵۹۹٬۴۸۹ ریال کمک‌هزینه ازدواج شما ثبت شد و تا پایان آبان واریز می‌شود. پیگیری: eservices.tamin.ir"
    );
}

#[test]
fn parts_are_counted_in_utf_16_units() {
    for (letters, parts) in [(0, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)] {
        assert_eq!(segments(&"م".repeat(letters)), parts, "{letters}");
    }
    assert_eq!(segments(&"🌹".repeat(36)), 2);
}

#[test]
fn every_released_benefit_has_its_sms() {
    for benefit in Benefit::RELEASED {
        assert!(!Texts::built_in().sms_returned(*benefit, "علی کریمی", Rial::ZERO).is_empty());
    }
}

#[test]
fn a_confirmed_reason_has_its_own_remedy_and_answers_have_texts() {
    let texts = Texts::built_in();
    let plain = crate::claim::Reason::new(ReasonCode::MarriageAnnulled, "", "", "");
    let confirmed = crate::claim::Reason { confirmed: true, ..plain.clone() };
    let (plain, confirmed) = (texts.reason_text(&plain), texts.reason_text(&confirmed));
    assert_eq!(plain.text, confirmed.text);
    assert_ne!(plain.remedy, confirmed.remedy);
    assert_eq!(confirmed.remedy.en, texts.confirmed.en);
    let answers = [texts.objection_answer(true), texts.objection_answer(false)];
    assert_ne!(answers[0], answers[1]);
    for text in answers.iter().chain([&confirmed.remedy]) {
        assert!(text.fa.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c)) && text.en.is_ascii());
        assert!(text.fa.chars().count() < 160 && text.en.len() < 160, "too long for one line of a screen");
        assert!(placeholders(&text.fa).is_empty() && placeholders(&text.en).is_empty());
    }
}
