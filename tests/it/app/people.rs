//! Invented couples whose marriage of 1404-07-15 pays both of them the floor, unless a test changes something.

use peyvand::wire::files::FileKind;
use serde_json::{Value, json};

use super::TestApp;

/// Thirty days at the minimum wage of 1404, in rials.
pub const FLOOR: u64 = 103_909_680;

const DEED: &str = "1404-07-15";
const SHEBA: &str = "IR820540102680020817909002";

pub struct Couple {
    pub record_id: String,
    pub husband: String,
    pub wife: String,
    pub deed_date: String,
}

impl Couple {
    /// The same for the same `n`.
    pub fn nth(n: u32) -> Self {
        let [husband, wife] = [0, 1].map(|side| national_code(100_000_000 + 2 * n + side));
        Self { record_id: format!("R{n:06}"), husband, wife, deed_date: DEED.to_owned() }
    }

    pub fn codes(&self) -> [&str; 2] {
        [&self.husband, &self.wife]
    }

    /// Their records, employments and thirty months of wages: enough for 720 days.
    pub fn histories(&self) -> Vec<(FileKind, Vec<String>)> {
        let of_both =
            |row: &dyn Fn(&str) -> Vec<String>| self.codes().into_iter().flat_map(row).collect::<Vec<_>>();
        let months = (1402..=1404).flat_map(|year| (1..=12).map(move |month| format!("{year}-{month:02}")));
        let months: Vec<_> = months.filter(|month| month.as_str() < "1404-07").collect();
        vec![
            (FileKind::Persons, of_both(&|code| vec![person_row(code)])),
            (
                FileKind::Employments,
                of_both(&|code| vec![format!("{code},1234567890,compulsory,1400-01-01,")]),
            ),
            (
                FileKind::Wages,
                of_both(&|code| {
                    months.iter().map(|m| format!("{code},{m},1234567890,compulsory,29,50000000")).collect()
                }),
            ),
        ]
    }

    /// The row of `marriages.csv`.
    pub fn marriage_row(&self, version: u32) -> String {
        let Self { record_id, husband, wife, deed_date } = self;
        format!(
            "{record_id},{version},registered,{deed_date},1404-07-20,marriage_office,12345,67890,permanent,\
             {husband},علی,احمدی,1375-01-01,0,{wife},سارا,احمدی,1377-01-01,0"
        )
    }

    /// The same as an event's data.
    pub fn marriage_data(&self, version: u32) -> Value {
        let side = |code: &str, given: &str, born: &str| json!({"national_code": code, "given_name": given, "family_name": "احمدی", "birth_date": born, "earlier_marriages": 0});
        json!({
            "record_id": self.record_id, "record_version": version, "status": "registered", "deed_date": self.deed_date,
            "registered_on": "1404-07-20", "office_kind": "marriage_office", "office_code": "12345", "deed_number": "67890",
            "permanence": "permanent",
            "husband": side(&self.husband, "علی", "1375-01-01"), "wife": side(&self.wife, "سارا", "1377-01-01"),
        })
    }

    /// Publishes the histories of these couples, kind by kind.
    pub fn publish_histories(couples: &[Self], app: &mut TestApp) {
        for kind in [FileKind::Persons, FileKind::Employments, FileKind::Wages] {
            let rows: Vec<_> = couples
                .iter()
                .flat_map(Self::histories)
                .filter(|(of, _)| *of == kind)
                .flat_map(|(_, rows)| rows)
                .collect();
            app.publish_rows(kind, &rows);
        }
    }

    /// Publishes everything about these couples.
    pub fn publish(couples: &[Self], app: &mut TestApp) {
        Self::publish_histories(couples, app);
        app.publish_rows(
            FileKind::Marriages,
            &couples.iter().map(|couple| couple.marriage_row(1)).collect::<Vec<_>>(),
        );
    }
}

/// The wife's names and birth differ from the husband's only in what `marriage_row` says of them.
pub fn person_row(code: &str) -> String {
    let born = if is_husband(code) { "1375-01-01" } else { "1377-01-01" };
    let mobile = format!("0912{}", &code[1..8]);
    format!("{code},{code},نام,احمدی,{born},,0123,07,{SHEBA},yes,{mobile},yes")
}

/// The same as the data of `insured.person.changed`.
pub fn person_data(code: &str, sheba: Option<&str>) -> Value {
    let born = if is_husband(code) { "1375-01-01" } else { "1377-01-01" };
    json!({
        "national_code": code, "insurance_number": code, "given_name": "نام", "family_name": "احمدی", "birth_date": born,
        "deceased_on": null, "branch_code": "0123", "province_code": "07", "sheba": sheba.unwrap_or(SHEBA), "sheba_owner": "yes",
        "mobile": format!("0912{}", &code[1..8]), "mobile_owner": "yes",
    })
}

fn is_husband(code: &str) -> bool {
    code.as_bytes()[8].is_multiple_of(2)
}

/// Nine digits and their check digit.
pub fn national_code(nine: u32) -> String {
    let digits = format!("{nine:09}");
    let sum: u32 = digits.bytes().zip(0..).map(|(digit, place)| u32::from(digit - b'0') * (10 - place)).sum();
    let rest = sum % 11;
    format!("{digits}{}", if rest < 2 { rest } else { 11 - rest })
}
