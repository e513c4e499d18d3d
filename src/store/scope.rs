//! Transactions of the portal. Each runs as the database role `peyvand_portal`, which owns nothing, and sees the rows of
//! one person only: row-level security (`migrations/0002_portal.sql`) compares them with the setting `peyvand.person` of
//! the transaction. Role and setting end with the transaction, so a pooled connection keeps neither.

use std::ops::{Deref, DerefMut};

use jiff::Timestamp;
use sqlx::{Postgres, Transaction};

use super::record_view::record_view;
use super::sessions::SignedIn;
use super::staff_scope::CASEWORK_ROLE;
use super::{Error, PgConnection, PgPool, Result};
use crate::failpoint::failpoint;
use crate::ident::NationalCode;

/// The role of all transactions of the portal.
pub const PORTAL_ROLE: &str = "peyvand_portal";

/// Whose rows a transaction may see, and who looks. It can be made only from a valid session.
#[derive(Clone, Debug)]
pub struct PersonScope {
    viewer: SignedIn,
}

impl PersonScope {
    /// The signed-in person's own rows.
    pub fn own(viewer: &SignedIn) -> Self {
        Self { viewer: viewer.clone() }
    }

    pub fn person(&self) -> NationalCode {
        self.viewer.person()
    }
}

/// A transaction that sees one person's rows. Code that asks for it cannot query without a scope.
pub struct ScopedTransaction {
    tx: Transaction<'static, Postgres>,
    scope: PersonScope,
}

impl ScopedTransaction {
    /// # Errors
    /// If the database does not answer, or the account may not take the role.
    pub async fn begin(pool: &PgPool, scope: &PersonScope) -> Result<Self> {
        Self::begin_with(pool, scope, "BEGIN").await
    }

    /// A transaction whose statements all see the same moment, for reading.
    ///
    /// # Errors
    /// As for [`Self::begin`].
    pub async fn begin_snapshot(pool: &PgPool, scope: &PersonScope) -> Result<Self> {
        Self::begin_with(pool, scope, "BEGIN ISOLATION LEVEL REPEATABLE READ").await
    }

    async fn begin_with(pool: &PgPool, scope: &PersonScope, statement: &'static str) -> Result<Self> {
        let mut tx = failpoint!("scope.begin", pool.begin_with(statement).await)?;
        // The setting comes first: a role without a scope never exists.
        sqlx::query("SELECT set_config('peyvand.person', $1, true), set_config('role', $2, true)")
            .bind(scope.person().to_i64().to_string())
            .bind(PORTAL_ROLE)
            .execute(&mut *tx)
            .await?;
        Ok(Self { tx, scope: scope.clone() })
    }

    pub fn scope(&self) -> &PersonScope {
        &self.scope
    }

    /// Records that the person's file is opened by the one who is signed in.
    pub async fn record_view(&mut self, page: &str, at: Timestamp) -> Result<()> {
        record_view(&mut self.tx, self.scope.person(), &self.scope.viewer, page, at).await
    }

    /// Commits. Role and scope end here.
    pub async fn end(self) -> Result<()> {
        Ok(failpoint!("scope.commit", self.tx.commit().await)?)
    }
}

impl Deref for ScopedTransaction {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.tx
    }
}

impl DerefMut for ScopedTransaction {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.tx
    }
}

/// The roles that a portal takes, with the function that names the tables that each sees by row-level security.
const ROLES: [(&str, &str); 2] = [(PORTAL_ROLE, "portal_tables"), (CASEWORK_ROLE, "casework_tables")];

/// The reason why a portal on this database is not safe. `None` if there is none.
const CHECK: &str = "SELECT CASE
    WHEN r.oid IS NULL THEN 'the role does not exist'
    WHEN r.rolsuper OR r.rolbypassrls THEN 'the role is a superuser or bypasses row-level security'
    WHEN EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid) THEN 'the role owns a table'
    WHEN NOT pg_has_role(current_user, r.oid, 'MEMBER') THEN 'the account may not take the role'
    WHEN NOT EXISTS (SELECT FROM information_schema.column_privileges g
                     WHERE g.grantee = $1 AND g.table_name = 'persons') THEN 'the role has no rights'
    WHEN EXISTS (SELECT FROM {tables}() AS t (name) JOIN pg_class c ON c.oid = ('public.' || quote_ident(t.name))::regclass
                 WHERE NOT c.relrowsecurity) THEN 'row-level security is not switched on'
    END
    FROM (SELECT 1) AS one LEFT JOIN pg_roles r ON r.rolname = $1";

/// Refuses a database in which a role of the portal could see more than its scope.
///
/// # Errors
/// [`Error::Refused`] with what is wrong and how to correct it.
pub async fn check_roles(pool: &PgPool) -> Result<()> {
    for (role, tables) in ROLES {
        let check = sqlx::AssertSqlSafe(CHECK.replace("{tables}", tables));
        let problem: Option<String> = sqlx::query_scalar(check).bind(role).fetch_one(pool).await?;
        if let Some(problem) = problem {
            return Err(Error::Refused(format!(
                "{role}: {problem}: run deploy/postgres/roles.sql of this version as a superuser in this database; the portal is not started"
            )));
        }
    }
    Ok(())
}
