use super::*;
use crate::texts::{Lang, PictureTexts};

fn refusals() -> Vec<Refusal> {
    let of_kind = FileKind::ALL.into_iter().filter(|kind| !matches!(kind, FileKind::Jpeg | FileKind::Png));
    let mut all: Vec<_> = of_kind.map(|kind| Refusal::WrongFormat { kind }).collect();
    all.extend([
        Refusal::Empty,
        Refusal::TooLarge { bytes: 1 },
        Refusal::TooManyPixels { width: 9000, height: 8000 },
        Refusal::TooSmall { width: 1, height: 1 },
        Refusal::Animated,
        Refusal::Cmyk,
        Refusal::Truncated,
        Refusal::CannotBeRead,
    ]);
    all
}

#[test]
fn every_refusal_has_texts_and_every_text_a_refusal() {
    let codes: std::collections::BTreeSet<_> = refusals().into_iter().map(Refusal::code).collect();
    assert_eq!(codes.len(), refusals().len(), "two refusals share a code");
    assert_eq!(codes, PictureTexts::built_in().codes().collect());
    for refusal in refusals() {
        for lang in [Lang::Fa, Lang::En] {
            for text in [refusal.text(lang), refusal.remedy(lang)] {
                assert!(text.len() > 10 && !text.contains(['{', '}', '—']), "{refusal:?}: {text}");
            }
        }
    }
}

#[test]
fn hint_check_and_message_state_one_limit() {
    assert_eq!((MAX_PICTURE_BYTES, MAX_PICTURE_PIXELS), (10 << 20, 40_000_000));
    assert!(hint(Lang::En).contains("10 MB and 40 megapixels"), "{}", hint(Lang::En));
    assert!(hint(Lang::Fa).contains("۱۰ مگابایت و ۴۰ مگاپیکسل"), "{}", hint(Lang::Fa));
    assert!(Refusal::TooLarge { bytes: 1 }.text(Lang::En).contains("10 MB"));
    let many = Refusal::TooManyPixels { width: 9000, height: 8000 }.text(Lang::Fa);
    assert!(many.contains("۹۰۰۰ در ۸۰۰۰") && many.contains("۴۰"), "{many}");
    assert_eq!(Limits::default(), Limits { bytes: MAX_PICTURE_BYTES, pixels: MAX_PICTURE_PIXELS });
}

#[test]
fn the_steps_for_an_iphone_are_named() {
    let heic = Refusal::WrongFormat { kind: FileKind::Heic };
    for lang in [Lang::Fa, Lang::En] {
        let steps = heic.remedy(lang);
        assert!(
            ["Settings", "Camera", "Formats", "Most Compatible"].iter().all(|s| steps.contains(s)),
            "{steps}"
        );
    }
}
