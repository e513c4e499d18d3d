//! People of a generated month for a trial of the portal: one login for each situation of a claim.

use std::io::Write as _;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::stages::Stages;
use crate::app::AppContext;
use crate::ident::{NationalCode, Sheba};
use crate::service::{Error, Result, private_file};
use crate::store::summary::{self, ClaimSituation};
use crate::views::person_file::{PersonFile, person_file};
use crate::wire::files::FileKind;

/// Claims, as an OpenID provider for trials reads them: `deploy/local/oidc/provider.mjs`.
pub const PEOPLE_FILE: &str = "people.json";
/// The logins with what each shows.
pub const LIST_FILE: &str = "sign-ins.txt";

struct SignIn {
    login: &'static str,
    shows: &'static str,
    situation: ClaimSituation,
}

const fn sign_in(
    login: &'static str,
    shows: &'static str,
    outcome: &'static str,
    reasons: &'static [&'static str],
    payment: &'static str,
) -> SignIn {
    SignIn { login, shows, situation: ClaimSituation { outcome, reasons, payment } }
}

const NO_ACCOUNT: ClaimSituation =
    ClaimSituation { outcome: "WAITING", reasons: &["NO_VALID_ACCOUNT"], payment: "none" };

const SIGN_INS: &[SignIn] = &[
    sign_in("paid", "paid", "APPROVED", &[], "paid"),
    sign_in("sent", "the document is sent to finance", "APPROVED", &[], "sent"),
    sign_in("accepted", "finance has accepted the document", "APPROVED", &[], "accepted"),
    sign_in("returned", "the bank has returned the payment", "WAITING", &["PAYMENT_RETURNED"], "returned"),
    sign_in("approved", "entitled; the next close issues the document", "APPROVED", &[], "none"),
    SignIn { login: "account", shows: "entitled; the account is missing", situation: NO_ACCOUNT },
    sign_in("mobile", "entitled; the mobile number is missing", "WAITING", &["NO_VALID_MOBILE"], "none"),
    sign_in("wages", "a wage list is pending", "PENDING", &["AWAITING_WAGE_LIST"], "none"),
    sign_in("registry", "the registry must confirm it", "PENDING", &["NOT_CONFIRMED_BY_REGISTRY"], "none"),
    sign_in("days", "refused; too few days", "REFUSED", &["INSUFFICIENT_CONTRIBUTION_DAYS"], "none"),
    sign_in("ended", "refused; the work had ended", "REFUSED", &["EMPLOYMENT_ENDED"], "none"),
    sign_in("second", "refused; not the first marriage", "REFUSED", &["NOT_FIRST_MARRIAGE"], "none"),
    sign_in("identity", "a person looks at a difference", "MANUAL_REVIEW", &["IDENTITY_MISMATCH"], "none"),
    sign_in("review", "under review", "MANUAL_REVIEW", &["REGISTERED_BY_ACKNOWLEDGEMENT"], "none"),
];

/// Nobody's record, so that the page has no claim and the person can register a marriage.
const NOBODY: u32 = 999_000_001;

/// What a trial needs besides the month: answers of finance, and an account that arrived after the close.
///
/// # Errors
/// If a file cannot be written or published.
pub async fn prepare(stages: &Stages<'_>, dir: &Path) -> Result<()> {
    let mut connection = stages.ctx.pool.acquire().await.map_err(crate::store::Error::from)?;
    let documents = summary::documents(&mut connection).await?;
    let without_account = summary::in_situation(&mut connection, &NO_ACCOUNT).await?;
    drop(connection);
    let answers = dir.join("answers");
    std::fs::create_dir_all(&answers).map_err(|error| failed(&answers, &error))?;
    let at = stages.ctx.clock.tehran(stages.ctx.clock.now());
    write(&answers.join(FileKind::PaymentOutcomes.file_name()), &outcomes(&documents, &at))?;
    if let Some(person) = without_account {
        let records = stages.dir.join(FileKind::Persons.file_name());
        let row = with_account(&records, person)?;
        write(&answers.join(FileKind::Persons.file_name()), &row)?;
    }
    let answers = Stages { dir: &answers, ..*stages };
    answers.publish_inputs().await?;
    answers.publish_answers().await?;
    answers.wait_until_drained().await
}

/// Everybody is paid, except one each whose document was accepted, is not answered, or was returned by the bank.
fn outcomes(documents: &[String], at: &str) -> String {
    let mut rows = String::from("document_id,outcome,code,at\n");
    for (position, document) in documents.iter().enumerate() {
        let answer = match position {
            1 => "accepted,",
            2 => continue,
            3 => "returned,AC04",
            _ => "paid,",
        };
        rows.push_str(&format!("{document},{answer},{at}\n"));
    }
    rows
}

/// The person's row of the generated file, with a valid account. Generated fields contain no comma.
fn with_account(records: &Path, person: NationalCode) -> Result<String> {
    let text = std::fs::read_to_string(records).map_err(|error| failed(records, &error))?;
    let code = person.to_string();
    let columns = FileKind::Persons.columns();
    let at = |name: &str| columns.iter().position(|column| *column == name);
    let (row, sheba, owner) =
        match (text.lines().rfind(|line| line.starts_with(&code)), at("sheba"), at("sheba_owner")) {
            (Some(row), Some(sheba), Some(owner)) => (row, sheba, owner),
            _ => return Err(Error::Failed(format!("{} lacks a generated person", records.display()))),
        };
    let account = Sheba::with_check_digits("017", "0000000100000000001");
    let mut fields: Vec<_> = row.split(',').map(str::to_owned).collect();
    if let (Some(field), Some(account)) = (fields.get_mut(sheba), account) {
        account.as_str().clone_into(field);
    }
    if let Some(field) = fields.get_mut(owner) {
        "yes".clone_into(field);
    }
    Ok(format!("{}\n{}\n", columns.join(","), fields.join(",")))
}

/// Writes who can sign in.
///
/// # Errors
/// If the database does not answer, or a file cannot be written.
pub async fn write_files(ctx: &AppContext, dir: &Path) -> Result<()> {
    let mut connection = ctx.pool.acquire().await.map_err(crate::store::Error::from)?;
    let mut people = Map::new();
    let mut list = String::new();
    let mut branch = None;
    for SignIn { login, shows, situation } in SIGN_INS {
        let Some(person) = summary::in_situation(&mut connection, situation).await? else {
            continue;
        };
        let PersonFile { person: record, claims: of_person, .. } = person_file(ctx, person).await?;
        let name = record.as_ref().map(|record| record.full_name.clone());
        branch = branch.or_else(|| record.map(|record| record.branch_code));
        people.insert((*login).to_owned(), claims(name, person));
        let working = of_person.first().and_then(|claim| claim.working.as_ref());
        let days = working.filter(|_| *login == "days");
        let days = days.map(|w| format!(" ({} of {})", w.days, w.required_days)).unwrap_or_default();
        list.push_str(&format!("    {login:<10} {shows}{days}\n"));
    }
    people.extend(without_claim(branch));
    list.push_str(&format!("    {:<10} no claim; can register a marriage\n", "nobody"));
    let people = Value::Object(people);
    write(&dir.join(PEOPLE_FILE), &format!("{people:#}\n"))?;
    write(&dir.join(LIST_FILE), &list)
}

fn claims(name: Option<String>, person: NationalCode) -> Value {
    json!({"name": name.unwrap_or_default(), "national_code": person.to_string()})
}

/// A person without a record, and an officer of a branch.
fn without_claim(branch: Option<String>) -> Map<String, Value> {
    let mut people = Map::new();
    for (login, name, number) in [("nobody", "مریم کریمی", NOBODY), ("officer", "سارا محمدی", NOBODY + 1)]
    {
        let Some(code) = NationalCode::with_check_digit(number) else { continue };
        let mut person = claims(Some(name.to_owned()), code);
        if login == "officer" {
            person["peyvand_officer"] = json!(branch.clone().unwrap_or_else(|| "0001".to_owned()));
        }
        people.insert(login.to_owned(), person);
    }
    people
}

fn write(path: &Path, text: &str) -> Result<()> {
    let written = private_file::create(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::Failed(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finance_answers_in_every_way() {
        let documents: Vec<_> = (0..5).map(|n| format!("d{n}")).collect();
        let rows = outcomes(&documents, "now");
        let rows: Vec<_> = rows.lines().skip(1).collect();
        assert_eq!(
            rows,
            ["d0,paid,,now", "d1,accepted,,now", "d3,returned,AC04,now", "d4,paid,,now"],
            "the third has no answer"
        );
    }

    #[test]
    fn logins_are_unique_and_nobody_is_a_person() {
        let logins: std::collections::BTreeSet<_> = SIGN_INS.iter().map(|one| one.login).collect();
        assert_eq!(logins.len(), SIGN_INS.len());
        let others = without_claim(None);
        assert_eq!(others["officer"]["peyvand_officer"], "0001");
        assert_eq!(others["nobody"]["national_code"].as_str().unwrap().len(), 10);
    }
}
