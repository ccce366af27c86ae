//! [`Db`]: the database as this crate sees it.

use crate::{Files, System};

/// What a database gives to every query: the table of files and the door to the machine.
#[salsa::db]
pub trait Db: salsa::Database {
    fn files(&self) -> &Files;
    fn system(&self) -> &dyn System;
}
