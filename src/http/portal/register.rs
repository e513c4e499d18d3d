//! Self-registration: the form, its faults beside the fields, and the receipt.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};

use super::templates::page;
use super::{CsrfToken, ErrorPage, OwnFile, Portal, Visitor};
use crate::app::portal::self_registration;
use crate::wire::registration_form::{FieldFault, RegistrationField, RegistrationForm};

/// The field with the key of the form. A form that is sent twice with one key is one submission.
const FORM_KEY: &str = "form_key";

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"{% if !faults.is_empty() %}<section role="alert" id="faults" tabindex="-1"><h2>این موارد را درست کنید</h2><ul>
{% for fault in faults %}<li><a href="#{{ fault.0 }}">{{ fault.1 }}</a></li>
{% endfor %}</ul></section>{% endif %}
<form method="post" action="/my/register" novalidate>
<input type="hidden" name="csrf" value="{{ csrf.as_str() }}">
<input type="hidden" name="form_key" value="{{ form_key }}">
{% for input in inputs %}<p><label for="{{ input.name }}">{{ input.label }}</label>
<input type="text" inputmode="numeric" dir="ltr" id="{{ input.name }}" name="{{ input.name }}" value="{{ input.value }}" autocomplete="off"></p>
{% endfor %}<fieldset id="{{ undertaking_name }}"><legend>{{ undertaking_label }}</legend>
<label><input type="radio" name="{{ undertaking_name }}" value="true"{% if undertaking == "true" %} checked{% endif %}> بله</label>
<label><input type="radio" name="{{ undertaking_name }}" value="false"{% if undertaking == "false" %} checked{% endif %}> خیر</label></fieldset>
<button>ثبت</button></form>"##
)]
struct Content<'a> {
    faults: Vec<(&'static str, String)>,
    csrf: &'a CsrfToken,
    form_key: &'a str,
    inputs: Vec<Input<'a>>,
    undertaking_name: &'static str,
    undertaking_label: &'static str,
    undertaking: &'a str,
}

struct Input<'a> {
    name: &'static str,
    label: &'static str,
    value: &'a str,
}

fn form_page(
    csrf: &CsrfToken,
    form_key: &str,
    form: &RegistrationForm,
    faults: &[FieldFault],
) -> Result<String, ErrorPage> {
    let text_fields = [
        (RegistrationField::SpouseNationalCode, &form.spouse_national_code),
        (RegistrationField::DeedYear, &form.deed_year),
        (RegistrationField::DeedMonth, &form.deed_month),
        (RegistrationField::DeedDay, &form.deed_day),
    ];
    let undertaking = RegistrationField::Undertaking;
    let content = Content {
        faults: faults.iter().map(|(field, fault)| (field.name(), fault.text_fa(*field))).collect(),
        csrf,
        form_key,
        inputs: text_fields
            .iter()
            .map(|(field, value)| Input { name: field.name(), label: field.label_fa(), value })
            .collect(),
        undertaking_name: undertaking.name(),
        undertaking_label: undertaking.label_fa(),
        undertaking: &form.first_marriage_undertaking,
    };
    Ok(page("ثبت ازدواج", &content)?)
}

pub(super) async fn show(visitor: Visitor) -> Result<Html<String>, ErrorPage> {
    let key = uuid::Uuid::new_v4().to_string();
    form_page(&visitor.csrf, &key, &RegistrationForm::default(), &[]).map(Html)
}

/// Stores the registration, and leads to its receipt. Faults are shown beside the values that were sent.
pub(super) async fn submit(
    State(portal): State<Arc<Portal>>,
    OwnFile(scope): OwnFile,
    visitor: Visitor,
    Form(fields): Form<HashMap<String, String>>,
) -> Result<Response, ErrorPage> {
    let key = fields.get(FORM_KEY).filter(|key| key.parse::<uuid::Uuid>().is_ok());
    let key = key.ok_or(ErrorPage::OtherSite)?;
    let form =
        RegistrationForm::from_fields(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let today = portal.ctx.business_date(portal.ctx.clock.now());
    let checked = match form.check(scope.person(), today) {
        Ok(checked) => checked,
        Err(faults) => {
            let body = form_page(&visitor.csrf, key, &form, &faults)?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(body)).into_response());
        }
    };
    let receipt = self_registration::register(&portal.ctx, &scope, key, &checked).await?;
    let receipt = receipt.ok_or(ErrorPage::SentBefore)?;
    portal.submitted.notify_one();
    Ok(Redirect::to(&format!("/my/submissions/{}", receipt.tracking)).into_response())
}
