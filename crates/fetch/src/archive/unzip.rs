//! Zip archives.

use std::fs::File;
use std::io::{BufReader, Read};

use zip::ZipArchive;
use zip::extra_fields::ExtraField;

use super::TreeWriter;
use crate::error::{FetchError, Result};
use crate::observer::{Observer, check};

const MAX_TARGET: u64 = 4096;

pub fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// Gives the newest time of an entry. Times without a zone are taken to be UTC, so that they are the same everywhere.
pub fn unpack(file: File, tree: &mut TreeWriter, url: &str, observer: &dyn Observer) -> Result<u64> {
    let failed = |reason: String| FetchError::Archive { url: url.to_owned(), reason };
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| failed(error.to_string()))?;
    let mut newest = 0;
    for index in 0..archive.len() {
        check(observer)?;
        let mut entry = archive.by_index(index).map_err(|error| failed(error.to_string()))?;
        newest = newest.max(time(&entry));
        let name = entry.name_raw().to_vec();
        let mode = entry.unix_mode().unwrap_or(0);
        if entry.is_dir() {
            tree.folder(&name)?;
        } else if entry.is_symlink() {
            let mut target = Vec::new();
            entry.by_ref().take(MAX_TARGET + 1).read_to_end(&mut target).map_err(|error| failed(error.to_string()))?;
            if target.len() as u64 > MAX_TARGET {
                return Err(failed("the target of a link is too long".to_owned()));
            }
            tree.link(&name, &target)?;
        } else {
            tree.file(&name, mode & 0o100 != 0, &mut entry, observer)?;
        }
    }
    Ok(newest)
}

fn time<R: Read>(entry: &zip::read::ZipFile<'_, R>) -> u64 {
    for field in entry.extra_data_fields() {
        if let ExtraField::ExtendedTimestamp(stamp) = field
            && let Some(time) = stamp.mod_time()
        {
            return u64::from(time);
        }
    }
    let Some(time) = entry.last_modified() else { return 0 };
    let days = days_from_civil(i64::from(time.year()), i64::from(time.month()), i64::from(time.day()));
    let seconds = days * 86_400 + i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    u64::try_from(seconds).unwrap_or(0)
}

/// Days since 1970 of a date in the Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}
