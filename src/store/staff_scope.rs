//! Transactions of staff. Each runs as the database role `peyvand_casework`, which owns nothing and sees the persons of
//! the officer's branch or the supervisor's province (`migrations/0006_api.sql`), but neither the officer nor anybody
//! whom a registry row names as the officer's spouse. Role and scope end with the transaction.

use std::ops::{Deref, DerefMut};

use jiff::Timestamp;
use sqlx::{Postgres, Transaction};

use super::record_view::record_view;
use super::sessions::{PortalRole, SignedIn};
use super::{PgConnection, PgPool, Result};
use crate::failpoint::failpoint;
use crate::ident::NationalCode;

/// The role of all transactions of staff.
pub const CASEWORK_ROLE: &str = "peyvand_casework";

/// Whose rows a member of staff may see. It can be made only from a valid session or access token.
#[derive(Clone, Debug)]
pub struct StaffScope {
    viewer: SignedIn,
    branch: String,
    province: String,
}

impl StaffScope {
    /// `None` for a role without a branch and without a province.
    pub fn of(viewer: &SignedIn) -> Option<Self> {
        let unit = viewer.unit()?.to_owned();
        let (branch, province) = match viewer.role() {
            PortalRole::Officer => (unit, String::new()),
            PortalRole::Supervisor => (String::new(), unit),
            _ => return None,
        };
        Some(Self { viewer: viewer.clone(), branch, province })
    }

    /// The member of staff.
    pub fn officer(&self) -> NationalCode {
        self.viewer.person()
    }
}

/// A transaction that sees the persons of one scope of staff. Code that asks for it cannot query without a scope.
pub struct StaffTransaction {
    tx: Transaction<'static, Postgres>,
    scope: StaffScope,
}

impl StaffTransaction {
    /// # Errors
    /// If the database does not answer, or the account may not take the role.
    pub async fn begin(pool: &PgPool, scope: &StaffScope) -> Result<Self> {
        // What is proposed follows from rows of one moment.
        let begin = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ");
        let mut tx = failpoint!("staff_scope.begin", begin.await)?;
        let own = own_persons(&mut tx, scope.officer()).await?;
        let own: Vec<_> = own.iter().map(i64::to_string).collect();
        // The settings come first: a role without a scope never exists.
        sqlx::query(
            "SELECT set_config('peyvand.officer', $1, true), set_config('peyvand.branch', $2, true),
                 set_config('peyvand.province', $3, true), set_config('peyvand.own', $4, true), set_config('role', $5, true)",
        )
        .bind(scope.officer().to_i64().to_string())
        .bind(&scope.branch)
        .bind(&scope.province)
        .bind(format!("{{{}}}", own.join(",")))
        .bind(CASEWORK_ROLE)
        .execute(&mut *tx)
        .await?;
        Ok(Self { tx, scope: scope.clone() })
    }

    pub fn scope(&self) -> &StaffScope {
        &self.scope
    }

    /// Records that the officer opens the file of this person.
    pub async fn record_view(&mut self, person: NationalCode, page: &str, at: Timestamp) -> Result<()> {
        record_view(&mut self.tx, person, &self.scope.viewer, page, at).await
    }

    /// Commits. Role and scope end here.
    pub async fn end(self) -> Result<()> {
        Ok(failpoint!("staff_scope.commit", self.tx.commit().await)?)
    }
}

/// The officer, and everybody who is the officer's spouse in any row of the registry. Read with the service's own rights,
/// because the scope does not show these rows.
async fn own_persons(tx: &mut PgConnection, officer: NationalCode) -> Result<Vec<i64>> {
    let persons = sqlx::query_scalar(
        "SELECT own FROM (
             SELECT $1::bigint AS own UNION SELECT wife FROM marriages WHERE husband = $1
             UNION SELECT husband FROM marriages WHERE wife = $1
         ) AS all_own WHERE own IS NOT NULL ORDER BY own",
    );
    Ok(persons.bind(officer.to_i64()).fetch_all(tx).await?)
}

impl Deref for StaffTransaction {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.tx
    }
}

impl DerefMut for StaffTransaction {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.tx
    }
}
