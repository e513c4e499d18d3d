//! Contrast of every colour of the style sheet, computed from the style sheet: 4.5 for text, 3 for what marks a control.

use std::collections::BTreeMap;

use peyvand::http::assets;

const TEXT: f64 = 4.5;
const CONTROL: f64 = 3.0;
/// Parts of a page with a background of the brand; everything else is light.
const DARK: [&str; 5] = [".top", ".nav", ".mark", ".hero", ".skip:focus"];
/// Lines that only divide, and marks beside a text that says the same.
const DECORATION: [&str; 3] = ["var(--line)", "transparent", "var(--tone)"];

struct Rule {
    selector: String,
    values: BTreeMap<String, String>,
}

/// The rules for screens, also those inside of conditions on the width.
fn rules() -> Vec<Rule> {
    let text = String::from_utf8(assets::stylesheet().body.to_vec()).unwrap();
    let mut rest = text.split_once("@media print").map_or(text.as_str(), |(screen, _)| screen).to_owned();
    while let Some((before, after)) = rest.split_once("/*") {
        rest = format!("{before}{}", after.split_once("*/").unwrap().1);
    }
    let mut rules = Vec::new();
    for part in rest.split('}') {
        let Some((head, body)) = part.rsplit_once('{') else { continue };
        let selector = head.rsplit('{').next().unwrap().trim().to_owned();
        let values = body.split(';').filter_map(|line| line.split_once(':'));
        let values = values.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect();
        rules.push(Rule { selector, values });
    }
    rules
}

fn luminance(hex: &str) -> f64 {
    let digits = hex.trim_start_matches('#');
    let digits: String =
        if digits.len() == 3 { digits.chars().flat_map(|c| [c, c]).collect() } else { digits.to_owned() };
    let part = |at: usize| {
        let c = f64::from(u8::from_str_radix(&digits[at..at + 2], 16).unwrap()) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The custom properties of a rule, e.g. those of `.paid`.
type Properties = BTreeMap<String, String>;

/// The first colour in a value, or none.
fn colour(value: &str, properties: &Properties) -> Option<String> {
    let value = match value.split_once("var(") {
        Some((_, rest)) => properties.get(rest.split(')').next().unwrap())?,
        None => value,
    };
    value.split_whitespace().find(|word| word.starts_with('#')).map(str::to_owned)
}

struct Sheet {
    rules: Vec<Rule>,
    root: Properties,
    /// One for each tone: its properties, over those of the root.
    tones: Vec<Properties>,
}

impl Sheet {
    fn read() -> Self {
        let rules = rules();
        let own = |rule: &Rule| -> Properties {
            rule.values
                .iter()
                .filter(|(n, _)| n.starts_with("--"))
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect()
        };
        let root = own(rules.iter().find(|rule| rule.selector == ":root").unwrap());
        let tones = rules.iter().filter(|rule| rule.values.contains_key("--tone"));
        let tones = tones.map(|rule| root.clone().into_iter().chain(own(rule)).collect()).collect();
        Self { rules, root, tones }
    }

    /// Every surface on which a text without a background of its own may stand.
    fn light_surfaces(&self, properties: &Properties) -> Vec<String> {
        let names = ["--paper", "--card", "--brand-soft", "--tone-soft"];
        let mut surfaces: Vec<_> = names.iter().filter_map(|name| properties.get(*name).cloned()).collect();
        let foot = self.rules.iter().find(|rule| rule.selector == ".foot").unwrap();
        surfaces.extend(colour(&foot.values["background"], properties));
        surfaces.push("#fcefd3".to_owned());
        surfaces
    }

    /// The faults of a rule with these properties.
    fn faults(&self, rule: &Rule, properties: &Properties) -> (usize, Vec<String>) {
        let is_dark = DARK.iter().any(|part| rule.selector.starts_with(part));
        let own = rule.values.get("background").and_then(|value| colour(value, properties));
        let around = if is_dark {
            vec![properties["--brand"].clone(), properties["--brand-dark"].clone()]
        } else {
            self.light_surfaces(properties)
        };
        let behind_text = own.map_or(around.clone(), |own| vec![own]);
        let (mut pairs, mut faults) = (0, Vec::new());
        let borders =
            rule.values.iter().filter(|(name, _)| name.starts_with("border") || name.starts_with("outline"));
        let borders = borders.filter(|(_, value)| !DECORATION.iter().any(|part| value.contains(part)));
        let text = rule.values.get("color").map(|value| (value, TEXT, &behind_text));
        for (value, least, surfaces) in
            text.into_iter().chain(borders.map(|(_, value)| (value, CONTROL, &around)))
        {
            let Some(front) = colour(value, properties) else { continue };
            for surface in surfaces {
                pairs += 1;
                let found = contrast(&front, surface);
                if found < least {
                    faults
                        .push(format!("{}: {front} on {surface} has {found:.2}, not {least}", rule.selector));
                }
            }
        }
        (pairs, faults)
    }
}

#[test]
fn every_colour_pair_of_the_style_sheet_has_contrast() {
    let sheet = Sheet::read();
    assert!(sheet.tones.len() >= 6 && sheet.rules.len() > 100, "{} rules", sheet.rules.len());
    let (mut pairs, mut faults) = (0, Vec::new());
    for rule in &sheet.rules {
        let has_tone = rule.values.values().any(|value| value.contains("--tone"));
        let all = if has_tone { &sheet.tones } else { &vec![sheet.root.clone()] };
        for properties in all {
            let (more, found) = sheet.faults(rule, properties);
            pairs += more;
            faults.extend(found);
        }
    }
    assert!(pairs > 100, "only {pairs} pairs");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The bar of days stands out from its track.
#[test]
fn a_bar_stands_out_from_its_track() {
    let sheet = Sheet::read();
    let of = |selector: &str| {
        let rule = sheet.rules.iter().find(|rule| rule.selector.starts_with(selector)).unwrap();
        colour(&rule.values["background"], &sheet.root).unwrap()
    };
    assert!(contrast(&of("meter::-webkit-meter-optimum-value"), &of("meter::-webkit-meter-bar")) >= CONTROL);
}

#[test]
fn contrast_is_that_of_the_standard() {
    assert!((contrast("#000", "#ffffff") - 21.0).abs() < 0.001);
    assert!((contrast("#767676", "#fff") - 4.54).abs() < 0.01);
}
