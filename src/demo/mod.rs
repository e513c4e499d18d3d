//! `peyvand demo`: the whole job from files to summary, on an empty database.

mod files;
mod stages;
mod summary;

use std::collections::BTreeMap;
use std::time::Duration;

use super::arguments::Demo;
use super::start::Started;
use super::{Error, Result, serve};
use crate::config::Role;
use crate::retry::Stop;
use crate::store::summary as stored;
use crate::work::House;

/// Runs the service in this process, feeds it, closes the month before today, and tells what became of it.
pub async fn run(mut started: Started, wish: Demo, json: bool) -> Result<()> {
    let house = started.house().await?;
    if stored::has_claims(&house.pool).await? {
        return Err(Error::Failed(
            "this database has claims already; the demo wants an empty one (`make demo` brings up its own)"
                .to_owned(),
        ));
    }
    let began = house.clock.instant();
    let dir = files::prepare(&wish, &house, json)?;
    // No month closes by itself here: the demo closes its own, once.
    started.settings.roles = [Role::Intake, Role::Relay].into();
    let (stopper, stop) = tokio::sync::watch::channel(false);
    let mut roles = serve::spawn(&started.settings, &started.broker, &house, &stop).await?;
    let outcome = {
        let work = play(&started, &house, &dir, &wish, json);
        tokio::pin!(work);
        tokio::select! {
            outcome = &mut work => outcome,
            () = interrupted(started.stop.clone()) => Err(Error::Interrupted),
            Some(ended) = roles.join_next() => Err(Error::Failed(match serve::role_end(ended) {
                Ok(()) => "the service ended by itself".to_owned(),
                Err(error) => format!("the service ended: {error}"),
            })),
        }
    };
    let _ = stopper.send(true);
    let within = Duration::from_secs(started.settings.stop_timeout_s);
    let ended = serve::until_they_end(&mut roles, &stop, within).await;
    let played = outcome?;
    ended?;
    if json {
        return summary::show_json(&house, &played, &wish, began.elapsed()).await;
    }
    summary::show(&house, &played, &wish, began.elapsed()).await
}

/// What was read and exported.
pub struct Played {
    pub marriages: u64,
    pub month: crate::law::SolarMonth,
    pub records: BTreeMap<crate::wire::Topic, u64>,
}

async fn play(
    started: &Started,
    house: &House,
    dir: &std::path::Path,
    wish: &Demo,
    json: bool,
) -> Result<Played> {
    let stages = stages::Stages { started, house, dir, quiet: json };
    let marriages = stages.publish_inputs().await?;
    let month = house.clock.today().month().previous();
    stages.close(month).await?;
    stages.publish_answers().await?;
    stages.drained().await?;
    if !json {
        say!("Writing the output topics into {} …", wish.out.display());
    }
    let records = super::export::run(started.broker.clone(), wish.out.clone()).await?;
    Ok(Played { marriages, month, records })
}

async fn interrupted(mut stop: Stop) {
    crate::retry::stopped(&mut stop).await;
}
