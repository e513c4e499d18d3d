//! The OpenAPI document. Paths, parameters and bodies come from the handlers; what all operations share is added here, so
//! that no operation lacks it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use utoipa::openapi::path::{HttpMethod, Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, Content, ContentBuilder, HeaderBuilder, InfoBuilder, OpenApi, OpenApiBuilder, RefOr,
    Response as Described, ResponseBuilder, Schema, Type,
};
use utoipa::openapi::{ObjectBuilder, Ref};
use utoipa::{PartialSchema as _, ToSchema as _};

use super::problem::MEDIA_TYPE;
use crate::views::api::problem::{FieldProblem, ProblemKind, ProblemView};

const TOKEN: &str = "access_token";
const DESCRIPTION: &str = "For programs of insured persons and of staff. Every request carries an access token of the \
    organisation's OpenID provider, and acts for the person of the token alone. Dates are Solar Hijri days, amounts are \
    whole rials. Every error is a problem (RFC 9457).";

/// What every document begins with.
pub(super) fn head() -> OpenApi {
    let info = InfoBuilder::new().title("Peyvand").version("1").description(Some(DESCRIPTION)).build();
    let mut components = Components::new();
    components.schemas.insert("Problem".to_owned(), ProblemView::schema());
    components.schemas.insert(FieldProblem::name().into_owned(), FieldProblem::schema());
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(scheme));
    OpenApiBuilder::new().info(info).components(Some(components)).build()
}

/// The document of all routes.
pub fn document() -> OpenApi {
    let mut document = super::described().into_openapi();
    let schemas = document.components.clone().map(|found| found.schemas).unwrap_or_default();
    for path in document.paths.paths.values_mut() {
        for (_, operation) in methods(path) {
            complete(operation);
            for (status, response) in &mut operation.responses.responses {
                let RefOr::T(response) = response else { continue };
                if status.starts_with('2') {
                    give_examples(response.content.values_mut(), &schemas);
                }
            }
            if let Some(RefOr::T(body)) = &mut operation.request_body {
                give_examples(body.content.values_mut(), &schemas);
            }
        }
    }
    document
}

type Schemas = BTreeMap<String, RefOr<Schema>>;

fn give_examples<'a>(bodies: impl Iterator<Item = &'a mut RefOr<Content>>, schemas: &Schemas) {
    for content in bodies {
        if let RefOr::T(content) = content {
            content.example = content.schema.as_ref().and_then(|schema| example(schema, schemas));
        }
    }
}

/// The example of a named schema.
fn example(schema: &RefOr<Schema>, schemas: &Schemas) -> Option<Value> {
    match schema {
        RefOr::Ref(named) => {
            example(schemas.get(named.ref_location.strip_prefix("#/components/schemas/")?)?, schemas)
        }
        RefOr::T(Schema::Object(object)) => object.example.clone(),
        RefOr::T(_) => None,
    }
}

/// The operations of a path.
fn methods(path: &mut PathItem) -> Vec<(HttpMethod, &mut Operation)> {
    let all = [
        (HttpMethod::Get, path.get.as_mut()),
        (HttpMethod::Post, path.post.as_mut()),
        (HttpMethod::Put, path.put.as_mut()),
        (HttpMethod::Delete, path.delete.as_mut()),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation?))).collect()
}

/// Method and path of every operation.
pub fn operations(document: &OpenApi) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, path) in &document.paths.paths {
        for (method, _) in methods(&mut path.clone()) {
            let method = match method {
                HttpMethod::Get => "GET",
                HttpMethod::Post => "POST",
                HttpMethod::Put => "PUT",
                _ => "DELETE",
            };
            found.push((method.to_owned(), name.clone()));
        }
    }
    found
}

/// Security, and the problems that the operation can answer with.
fn complete(operation: &mut Operation) {
    operation.security = Some(vec![SecurityRequirement::new::<_, [String; 0], String>(TOKEN, [])]);
    let mut kinds = vec![
        ProblemKind::Unauthorized,
        ProblemKind::NotFound,
        ProblemKind::TooManyRequests,
        ProblemKind::Unavailable,
    ];
    if operation.parameters.as_ref().is_some_and(|all| !all.is_empty()) {
        kinds.push(ProblemKind::InvalidFields);
    }
    if operation.request_body.is_some() {
        kinds.extend([ProblemKind::Malformed, ProblemKind::TooLarge, ProblemKind::UnsupportedMediaType]);
    }
    let is_of_staff = operation.tags.iter().flatten().any(|tag| tag == "staff");
    if is_of_staff && operation.request_body.is_some() {
        kinds.extend([ProblemKind::OwnProposal, ProblemKind::AlreadyDecided]);
    }
    let is_of_objections = operation.tags.iter().flatten().any(|tag| tag == "objections");
    if is_of_objections && operation.request_body.is_some() {
        kinds.extend([ProblemKind::AlreadyOpen, ProblemKind::InvalidFields]);
    }
    for kind in kinds {
        let status = kind.status().to_string();
        operation.responses.responses.entry(status).or_insert_with(|| RefOr::T(problem(kind)));
    }
}

fn problem(kind: ProblemKind) -> Described {
    let schema = RefOr::Ref(Ref::from_schema_name("Problem"));
    let shown = serde_json::to_value(ProblemView::new(kind)).ok();
    let content = ContentBuilder::new().schema(Some(schema)).example(shown).build();
    let mut response = ResponseBuilder::new().description(kind.title()).content(MEDIA_TYPE, content);
    let header = match kind.status() {
        401 => Some(("WWW-Authenticate", Type::String)),
        429 | 503 => Some(("Retry-After", Type::Integer)),
        _ => None,
    };
    if let Some((name, form)) = header {
        let schema = ObjectBuilder::new().schema_type(form).build();
        response = response.header(name, HeaderBuilder::new().schema(Some(schema)).build());
    }
    response.build()
}

/// The document as it is served, and as `schemas/openapi.json` has it.
pub fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        // Serializing names and texts cannot fail.
        document().to_pretty_json().unwrap_or_default() + "\n"
    });
    &TEXT
}

/// The document is the same for everybody.
pub(super) async fn show() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, text()).into_response()
}
