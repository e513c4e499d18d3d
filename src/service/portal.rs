//! The role portal: its HTTP server, the delivery of what people send, and the sweep of
//! what nobody needs.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::{Error, Result, submissions, sweep};
use crate::app::AppContext;
use crate::app::portal::objections::PictureStore;
use crate::blobs::Blobs;
use crate::config::Settings;
use crate::http;
use crate::http::portal::{
    ClaimNames, OpenIdProvider, Portal, PortalSettings, ProviderSettings, router, session_limits,
};
use crate::kafka::Broker;
use crate::picture_worker::{PictureWorker, WorkerOptions};
use crate::retry::ShutdownSignal;
use crate::store::scope;

/// Opens the port, before anything else of the role.
///
/// # Errors
/// If the address cannot be bound.
pub async fn listen(settings: &Settings) -> Result<TcpListener> {
    http::bind_portal(settings.portal_listen).await.map_err(|error| Error::Failed(error.to_string()))
}

/// Starts the tasks of the role.
///
/// # Errors
/// If the database does not keep the portal to one person's rows, or the machine's certificates or the store of pictures
/// cannot be used.
pub async fn spawn(
    roles: &mut JoinSet<Result<()>>,
    settings: &Settings,
    broker: &Broker,
    ctx: &AppContext,
    listener: TcpListener,
    stop: &ShutdownSignal,
) -> Result<()> {
    let provider = provider(settings, ctx)?;
    if provider.is_some() {
        ctx.with_timeout(scope::check_roles(&ctx.pool)).await?;
    } else {
        tracing::warn!(
            "no OpenID provider is configured (setting oidc_issuer): the portal has no personal routes"
        );
    }
    let submitted = Arc::new(Notify::new());
    let portal_settings = PortalSettings {
        url: settings.portal_url.clone(),
        proxies: settings.portal_proxies.clone(),
        sessions: session_limits(settings.portal_idle_min, settings.portal_session_min),
        requests_per_min: settings.portal_requests_per_min,
    };
    let pictures = provider.as_ref().map(|_| pictures(settings)).transpose()?;
    let portal = Portal::new(ctx.clone(), portal_settings, provider, pictures.clone(), submitted.clone());
    let (app, ends) = (router(Arc::new(portal)), stop.clone());
    roles.spawn(async move {
        http::serve_routes(listener, app, http::PORTAL_CONNECTION_LIFE, ends).await;
        Ok(())
    });
    roles.spawn(submissions::run(ctx.clone(), broker.clone(), submitted, stop.clone()));
    if let Some(pictures) = pictures {
        roles.spawn(sweep::run(ctx.clone(), pictures, settings.portal_draft_days, stop.clone()));
    }
    Ok(())
}

/// Opens the store of pictures, so that a wrong setting is reported at the start.
fn pictures(settings: &Settings) -> Result<PictureStore> {
    let blobs = Blobs::open(settings).map_err(|error| Error::Failed(error.to_string()))?;
    Ok(PictureStore { worker: PictureWorker::new(WorkerOptions::default()), blobs })
}

fn provider(settings: &Settings, ctx: &AppContext) -> Result<Option<OpenIdProvider>> {
    let Some(issuer) = settings.oidc_issuer.clone() else {
        return Ok(None);
    };
    let settings = ProviderSettings {
        issuer,
        client_id: settings.oidc_client_id.clone(),
        client_secret: settings.oidc_client_secret.clone(),
        scopes: settings.oidc_scopes.clone(),
        claims: ClaimNames {
            national_code: settings.oidc_national_code_claim.clone(),
            officer: settings.oidc_officer_claim.clone(),
            supervisor: settings.oidc_supervisor_claim.clone(),
            finance: settings.oidc_finance_claim.clone(),
            operator: settings.oidc_operator_claim.clone(),
            auditor: settings.oidc_auditor_claim.clone(),
        },
        portal_url: settings.portal_url.clone(),
        api_audience: settings.api_audience.clone(),
    };
    let provider = OpenIdProvider::new(settings, ctx.clock.clone());
    provider.map(Some).map_err(|error| Error::Failed(error.to_string()))
}
