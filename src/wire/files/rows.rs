//! Converts records of each kind of file to events. Fields are read in the order of the columns.

use jiff::Timestamp;

use super::FileKind;
use super::fields::Fields;
use super::marriage_row::marriage;
use super::row_fault::RowFault;
use crate::claim::codes::{DeliveryStatus, PaymentOutcome};
use crate::ident::NationalCode;
use crate::law::SolarDate;
use crate::wire::Input;
use crate::wire::finance_payment_outcomes_v1::DocumentOutcome;
use crate::wire::form::{BranchCode, ProvinceCode, ReturnCode, WorkshopCode, plausibility, reason};
use crate::wire::insured_records_v1::{
    EarlierPaymentRecorded, EmploymentChanged, PersonChanged, WageEventRow,
};
use crate::wire::notifications_delivery_reports_v1::DeliveryReported;
use crate::wire::portal_self_registrations_v1::SelfRegistrationSubmitted;

/// A valid row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileRow {
    /// The first line of the row; the header is line 1.
    pub line: u64,
    pub data: RowData,
}

/// The data of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RowData {
    /// The row is one event.
    Event(Input),
    /// A line of a wage list, which is grouped with the lines next to it.
    Wage(NationalCode, WageEventRow),
}

/// The day and the instant by which rows are judged: the publisher's business date and clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RowLimits {
    pub today: SolarDate,
    pub now: Timestamp,
}

fn instant(f: &mut Fields<'_>, limits: &RowLimits, column: &'static str) -> Result<Timestamp, RowFault> {
    let at = f.value(column)?;
    plausibility::instant(at, limits.now).map_err(|why| f.fault(column, why))?;
    Ok(at)
}

pub(super) fn read(kind: FileKind, limits: &RowLimits, f: &mut Fields<'_>) -> Result<RowData, RowFault> {
    Ok(match kind {
        FileKind::Marriages => RowData::Event(Input::Marriage(Box::new(marriage(f, limits.today)?))),
        FileKind::Persons => RowData::Event(Input::Person(Box::new(person(f)?))),
        FileKind::Employments => RowData::Event(Input::Employment(employment(f)?)),
        FileKind::Wages => wage(f)?,
        FileKind::EarlierPayments => RowData::Event(Input::EarlierPayment(earlier_payment(f)?)),
        FileKind::SelfRegistrations => RowData::Event(Input::SelfRegistration(self_registration(f, limits)?)),
        FileKind::PaymentOutcomes => RowData::Event(payment_outcome(f, limits)?),
        FileKind::DeliveryReports => RowData::Event(delivery_report(f, limits)?),
    })
}

fn person(f: &mut Fields<'_>) -> Result<PersonChanged, RowFault> {
    Ok(PersonChanged {
        national_code: f.code("national_code")?,
        insurance_number: f.insurance_number("insurance_number")?,
        given_name: f.name("given_name")?,
        family_name: f.name("family_name")?,
        birth_date: f.value("birth_date")?,
        deceased_on: f.optional("deceased_on")?,
        branch_code: f.padded("branch_code", BranchCode::pad)?,
        province_code: f.padded("province_code", ProvinceCode::pad)?,
        sheba: f.as_written("sheba"),
        sheba_owner: f.optional("sheba_owner")?,
        mobile: f.as_written("mobile"),
        mobile_owner: f.optional("mobile_owner")?,
    })
}

fn employment(f: &mut Fields<'_>) -> Result<EmploymentChanged, RowFault> {
    let employment = EmploymentChanged {
        national_code: f.code("national_code")?,
        workshop_code: f.padded("workshop_code", WorkshopCode::pad)?,
        insurance_type: f.value("insurance_type")?,
        started_on: f.value("started_on")?,
        ended_on: f.optional("ended_on")?,
        taken_back: f.flag("taken_back")?,
    };
    match employment.ended_on {
        Some(end) if end < employment.started_on => Err(f.fault("ended_on", reason::ENDED_BEFORE_START)),
        _ => Ok(employment),
    }
}

fn wage(f: &mut Fields<'_>) -> Result<RowData, RowFault> {
    let national_code = f.code("national_code")?;
    let row = WageEventRow {
        month: f.value("month")?,
        workshop_code: f.padded("workshop_code", WorkshopCode::pad)?,
        insurance_type: f.value("insurance_type")?,
        days: f.count("days")?,
        insurable_rial: f.rials("insurable_rial")?,
    };
    Ok(RowData::Wage(national_code, row))
}

fn earlier_payment(f: &mut Fields<'_>) -> Result<EarlierPaymentRecorded, RowFault> {
    Ok(EarlierPaymentRecorded {
        national_code: f.code("national_code")?,
        paid_on: f.value("paid_on")?,
        amount_rial: f.rials("amount_rial")?,
        source: f.value("source")?,
        taken_back: f.flag("taken_back")?,
    })
}

fn self_registration(f: &mut Fields<'_>, limits: &RowLimits) -> Result<SelfRegistrationSubmitted, RowFault> {
    let request_id = f.opaque_id("request_id")?;
    let submitted_at = instant(f, limits, "submitted_at")?;
    let applicant_national_code = f.code("applicant_national_code")?;
    let spouse_national_code = f.code("spouse_national_code")?;
    if spouse_national_code == applicant_national_code {
        return Err(f.fault("spouse_national_code", reason::SAME_SPOUSES));
    }
    Ok(SelfRegistrationSubmitted {
        request_id,
        submitted_at,
        applicant_national_code,
        spouse_national_code,
        deed_date: f.value("deed_date")?,
        first_marriage_undertaking: f.boolean("first_marriage_undertaking")?,
    })
}

fn payment_outcome(f: &mut Fields<'_>, limits: &RowLimits) -> Result<Input, RowFault> {
    let document_id = f.issued_id("document_id")?;
    let outcome = f.value("outcome")?;
    let code = f.text_if::<ReturnCode>(outcome == PaymentOutcome::Returned, "code")?;
    let at = instant(f, limits, "at")?;
    Ok(Input::Outcome(outcome, DocumentOutcome { document_id, outcome: Some(outcome), code, at }))
}

/// Maps the detailed statuses of SMS gateways to two. Every final status other than delivery is a failure. A status
/// that is not final is rejected.
fn delivery_status(code: &str) -> Result<DeliveryStatus, &'static str> {
    match code {
        "undelivered" | "blocked" | "rejected" | "expired" => Ok(DeliveryStatus::Failed),
        "queued" | "sent" | "accepted" => Err(reason::NOT_FINAL),
        code => code.parse().map_err(|_| reason::UNKNOWN_WORD),
    }
}

fn delivery_report(f: &mut Fields<'_>, limits: &RowLimits) -> Result<Input, RowFault> {
    let sms_id = f.issued_id("sms_id")?;
    let code: String = f.value("status")?;
    let status = delivery_status(&code).map_err(|why| f.fault("status", why))?;
    let at = instant(f, limits, "at")?;
    Ok(Input::Delivery(status, DeliveryReported { sms_id, status: Some(status), at }))
}
